// The playground's files as the HTTP port serves them: which form, which fields, 304. No sockets.
#include "native/http/playground.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>

#include "native/http/negotiation.h"
#include "native/http/routes.h"

namespace isocache {
namespace {

constexpr PlaygroundFile kFiles[] = {
    {"/", "text/html; charset=utf-8", "d1", false, "<html>plain", "<html>gzip"},
    {"/assets/a-12345678.js", "text/javascript", "d2", true, "js plain", "js gzip"},
};

// "gzip", "identity" or "neither".
std::string_view chosen(std::string_view accept_encoding) {
  Coding coding{};
  if (!choose_coding(accept_encoding, coding)) return "neither";
  return coding == Coding::kGzip ? "gzip" : "identity";
}

TEST(HttpNegotiation, TheBetterCodingThatTheClientTakes) {
  for (const std::string_view gzip :
       {"gzip", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8, *;q=0.1", "GZIP", "x-gzip", "*",
        "gzip;q=0.001", "deflate , gzip ; q=0.5", "identity;q=0.5, gzip;q=0.5", "gzip;Q=1.000",
        "identity;q=0, gzip", "identity;q=0, *", "*;q=0, gzip"}) {
    EXPECT_EQ(chosen(gzip), "gzip") << gzip;
  }
  for (const std::string_view plain :
       {"", ",", "identity", "br", "gzip;q=0", "gzip;q=0.000", "gzip;q=0, *", "*;q=0, identity",
        "identity;q=1, gzip;q=0.9", "*;q=0.5, gzip;q=0"}) {
    EXPECT_EQ(chosen(plain), "identity") << plain;
  }
  for (const std::string_view neither :
       {"*;q=0", "identity;q=0", "br, identity;q=0", "gzip;q=0, identity;q=0", "gzip;q=0, *;q=0"}) {
    EXPECT_EQ(chosen(neither), "neither") << neither;
  }
  // What cannot be read says nothing, neither for nor against a coding.
  for (const std::string_view unread :
       {"gzip;q=2", "gzip;q=-1", "gzip;q=0.0001", "gzip;q=", "gzip;q=1.001", "gzip;q=x",
        "gzip;q=0x", "gzip;q=01", "gzip;level=1", "gzip;", "gzipped", "identity;q=.0"}) {
    EXPECT_EQ(chosen(unread), "identity") << unread;
  }
}

TEST(HttpNegotiation, TagsThatTheClientHas) {
  for (const std::string_view names :
       {R"("a")", R"(W/"a")", "*", R"("b", "a")", R"("b",W/"a" , "c")", R"( "a" )"}) {
    EXPECT_TRUE(names_tag(names, R"("a")")) << names;
  }
  for (const std::string_view other : {"", "a", R"("A")", R"("a)", R"("b", "c")", R"(w/"a")",
                                       R"("a"b)", R"("**")", R"(W/W/"a")"}) {
    EXPECT_FALSE(names_tag(other, R"("a")")) << other;
  }
}

class HttpPlayground : public testing::Test {
 protected:
  Reply ask(std::string_view target, std::string_view accept_encoding = {},
            std::string_view if_none_match = {}, std::string_view method = "GET") {
    const PageSources sources{pages, readiness};
    return answer({.method = method,
                   .target = target,
                   .authorization = {},
                   .accept_encoding = accept_encoding,
                   .if_none_match = if_none_match},
                  sources);
  }
  static std::string field(const Reply& reply, std::string_view name) {
    for (const ReplyField& field : reply.fields) {
      if (field.name == name) return field.value;
    }
    return "(none)";
  }

  HttpPages pages{[] { return std::string(); }, [] { return std::string(); }, kFiles};
  std::atomic<Readiness> readiness{Readiness::kReady};
};

TEST_F(HttpPlayground, EachFormHasItsBytesAndItsTag) {
  const Reply plain = ask("/?embed");
  EXPECT_EQ(plain.status, 200U);
  EXPECT_EQ(plain.content(), "<html>plain");
  EXPECT_EQ(plain.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(field(plain, "ETag"), R"("d1")");
  EXPECT_EQ(field(plain, "Content-Encoding"), "(none)");
  EXPECT_EQ(field(plain, "Vary"), "Accept-Encoding");
  EXPECT_EQ(field(plain, "Cache-Control"), "no-cache");

  const Reply gzip = ask("/assets/a-12345678.js", "gzip, br");
  EXPECT_EQ(gzip.content(), "js gzip");
  EXPECT_EQ(field(gzip, "ETag"), R"("d2-gzip")");
  EXPECT_EQ(field(gzip, "Content-Encoding"), "gzip");
  EXPECT_EQ(field(gzip, "Vary"), "Accept-Encoding");
  EXPECT_EQ(field(gzip, "Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(HttpPlayground, ItIsNotSentTwice) {
  const Reply same = ask("/", "gzip", R"("x", W/"d1-gzip")");
  EXPECT_EQ(same.status, kNotModified);
  EXPECT_EQ(same.content(), "");
  EXPECT_EQ(field(same, "ETag"), R"("d1-gzip")");
  EXPECT_EQ(field(same, "Cache-Control"), "no-cache");
  EXPECT_EQ(field(same, "Vary"), "Accept-Encoding");
  EXPECT_EQ(field(same, "Content-Encoding"), "(none)");
  EXPECT_EQ(ask("/", "gzip", "*", "HEAD").status, kNotModified);
  EXPECT_EQ(ask("/", "", R"("d1-gzip")").status, 200U) << "the other form's tag";
  EXPECT_EQ(ask("/", "", R"("d2")").status, 200U) << "another file's tag";
}

TEST_F(HttpPlayground, WhatIsRefused) {
  EXPECT_EQ(ask("/", "identity;q=0").status, 406U);
  EXPECT_EQ(field(ask("/", "*;q=0"), "Vary"), "Accept-Encoding");
  EXPECT_EQ(ask("/", "gzip", "*", "POST").status, 405U);
  for (const std::string_view path : {"/assets", "/assets/", "/assets/b.js", "/index.html", "//"}) {
    EXPECT_EQ(ask(path).status, 404U) << path;
  }
}

TEST_F(HttpPlayground, TheListOfPagesIsBesideIt) {
  EXPECT_NE(ask("/pages").body.find(R"(<a href="/">)"), std::string::npos);
  pages.playground = {};
  const Reply landing = ask("/");
  EXPECT_EQ(landing.body, ask("/pages").body);
  EXPECT_EQ(landing.body.find(R"(<a href="/">)"), std::string::npos);
  EXPECT_NE(landing.body.find("/metrics"), std::string::npos);
  EXPECT_EQ(ask("/assets/a-12345678.js").status, 404U);
}

}  // namespace
}  // namespace isocache
