// How HTTP clients say who they are and where they come from. No sockets.
#include "native/http/upgrade.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "native/http/ascii.h"
#include "native/http/credentials.h"
#include "native/http/routes.h"

namespace isocache {
namespace {

struct OneUser : Authenticator {
  bool check(std::string_view user, std::string_view password) const override {
    return user == "ann" && password == "se:cret>?";
  }
};

// 101, or the status of the refusal.
unsigned status_of(const UpgradeRequest& request, const std::vector<std::string>& allowed = {},
                   const Authenticator* passwords = nullptr) {
  const Upgrade upgrade =
      check_upgrade(request, {.allowed_origins = allowed, .passwords = passwords});
  return upgrade.refusal ? upgrade.refusal->status : 101;
}

UpgradeRequest from_program() {
  UpgradeRequest request;
  request.key = "AAAAAAAAAAAAAAAAAAAAAA==";
  request.version = "13";
  return request;
}

UpgradeRequest from_page(std::string_view origin, std::string_view host) {
  UpgradeRequest request = from_program();
  request.host = host;
  request.origin = origin;
  request.subprotocols = "memcached";
  return request;
}

TEST(HttpUpgrade, APageComesFromHere) {
  EXPECT_EQ(status_of(from_page("http://localhost", "localhost")), 101U);
  EXPECT_EQ(status_of(from_page("http://localhost:8443", "LocalHost:8443")), 101U);
  EXPECT_EQ(status_of(from_page("https://localhost", "localhost")), 403U);
  EXPECT_EQ(status_of(from_page("http://localhost:80", "localhost:81")), 403U);
  EXPECT_EQ(status_of(from_page("http://localhost.evil", "localhost")), 403U);
  EXPECT_EQ(status_of(from_page("null", "null")), 403U);
  EXPECT_EQ(status_of(from_page("", "")), 403U);
  EXPECT_EQ(status_of(from_page("http://", "")), 403U);
  EXPECT_EQ(status_of(from_page("chrome-extension://abc", "abc")), 403U);
}

TEST(HttpUpgrade, ANameAloneProvesNothing) {
  for (const std::string_view host : {"10.0.0.5:80", "[::1]:80", "[::1]", "localhost:80"}) {
    EXPECT_EQ(status_of(from_page("http://" + std::string(host), host)), 101U) << host;
  }
  for (const std::string_view host :
       {"evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"}) {
    EXPECT_EQ(status_of(from_page("http://" + std::string(host), host)), 403U) << host;
  }
  EXPECT_EQ(status_of(from_page("http://cache.example", "cache.example"), {"http://cache.example"}),
            101U);
}

TEST(HttpUpgrade, ANameWithACertificateOrAPasswordDoes) {
  UpgradeRequest encrypted = from_page("https://cache.example", "cache.example");
  encrypted.encrypted = true;
  EXPECT_EQ(status_of(encrypted), 101U);
  encrypted.origin = "http://cache.example";
  EXPECT_EQ(status_of(encrypted), 403U);
  const OneUser passwords;
  const Upgrade upgrade = check_upgrade(from_page("http://cache.example", "cache.example"),
                                        {.allowed_origins = {}, .passwords = &passwords});
  EXPECT_FALSE(upgrade.refusal);
  EXPECT_FALSE(upgrade.logged_in);
}

TEST(HttpUpgrade, WhichNamesCanOnlyBeUs) {
  const std::vector<std::string> allowed = {"https://cache.example", "http://b.example:81"};
  for (const std::string_view host :
       {"127.0.0.1", "10.1.2.3:80", "[::1]:80", "LOCALHOST:1", "cache.example", "b.example:81"}) {
    EXPECT_TRUE(names_us(host, allowed)) << host;
  }
  for (const std::string_view host :
       {"evil.example", "b.example", "cache.example:82", "127.0.0.1.evil.example"}) {
    EXPECT_FALSE(names_us(host, allowed)) << host;
  }
}

TEST(HttpRoutes, FiguresAreNotForEveryName) {
  const HttpPages pages{[] { return std::string("m"); }, [] { return std::string("{}"); }};
  std::atomic<Readiness> readiness{Readiness::kReady};
  const PageSources sources{pages, readiness};
  PageRequest request{.method = "GET", .target = "/metrics", .authorization = {}};
  EXPECT_EQ(answer(request, sources).status, 200U);
  request.host_is_ours = false;
  EXPECT_EQ(answer(request, sources).status, 421U);
  request.target = "/healthz";
  EXPECT_EQ(answer(request, sources).status, 200U);
}

TEST(HttpUpgrade, ItsKeyAndVersionAreChecked) {
  UpgradeRequest request = from_program();
  EXPECT_EQ(status_of(request), 101U);
  for (const std::string_view key :
       {"", "short", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAA",
        "!!!!!!!!!!!!!!!!!!!!!!==", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    request.key = key;
    EXPECT_EQ(status_of(request), 400U) << key;
  }
  request = from_program();
  request.version = "8";
  EXPECT_EQ(status_of(request), 426U);
  request.version = "";
  EXPECT_EQ(status_of(request), 400U);
}

TEST(HttpUpgrade, AllowedOriginsAreWhole) {
  const std::vector<std::string> allowed = {"https://app.example"};
  EXPECT_EQ(status_of(from_page("https://app.example", "h"), allowed), 101U);
  EXPECT_EQ(status_of(from_page("https://APP.example", "h"), allowed), 101U);
  EXPECT_EQ(status_of(from_page("https://app.example:1", "h"), allowed), 403U);
  EXPECT_EQ(status_of(from_page("https://x.app.example", "h"), allowed), 403U);
  EXPECT_EQ(status_of(from_page("null", "h"), {"*"}), 101U);
}

TEST(HttpUpgrade, ABrowserAsksForTheSubprotocol) {
  UpgradeRequest request = from_page("http://localhost", "localhost");
  request.subprotocols = "mqtt ,  memcached";
  EXPECT_EQ(status_of(request), 101U);
  request.subprotocols = "Memcached";
  EXPECT_EQ(status_of(request), 400U);
  request.origin = std::nullopt;
  EXPECT_EQ(status_of(request), 101U);
}

TEST(HttpUpgrade, ATokenLogsInOrIsRefused) {
  const OneUser passwords;
  const auto logged_in = [&](std::string subprotocols, std::string_view authorization = {}) {
    UpgradeRequest request = from_program();
    request.subprotocols = std::move(subprotocols);
    request.authorization = authorization;
    const Upgrade upgrade =
        check_upgrade(request, {.allowed_origins = {}, .passwords = &passwords});
    if (upgrade.refusal) return "refused " + std::to_string(upgrade.refusal->status);
    return std::string(upgrade.logged_in ? "in" : "later");
  };
  EXPECT_EQ(logged_in("memcached"), "later");
  EXPECT_EQ(logged_in("memcached, bearer.YW5uOnNlOmNyZXQ-Pw"), "in");
  EXPECT_EQ(logged_in("bearer.YW5uOnNlOmNyZXQ-Pw==,memcached"), "in");
  EXPECT_EQ(logged_in("memcached", "Basic YW5uOnNlOmNyZXQ+Pw=="), "in");
  EXPECT_EQ(logged_in("memcached, bearer.YW5uOnNlOmNyZXQ+Pw"), "refused 401");  // not base64url
  EXPECT_EQ(logged_in("memcached, bearer."), "refused 401");
  EXPECT_EQ(logged_in("memcached, bearer.YW5u"), "refused 401");  // no colon
  EXPECT_EQ(logged_in("memcached", "Basic YW5uOng="), "refused 401");
  // Without passwords, credentials are ignored.
  UpgradeRequest request = from_program();
  request.subprotocols = "bearer.!!";
  EXPECT_EQ(status_of(request), 101U);
}

TEST(HttpCredentials, BasicIsAUserAColonAndAnything) {
  const auto parsed = parse_basic("bAsIc   YW5uOnNlOmNyZXQ+Pw== ");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->user, "ann");
  EXPECT_EQ(parsed->password, "se:cret>?");
  for (const std::string_view bad :
       {"", "Basic", "Basic ", "Basic =", "Basic YW5u", "Bearer YW5uOng=", "Basic YW5uOng"}) {
    EXPECT_FALSE(parse_basic(bad)) << bad;
  }
}

TEST(HttpRoutes, APathIsWhatIsBetweenHostAndQuery) {
  EXPECT_EQ(path_of("/metrics"), "/metrics");
  EXPECT_EQ(path_of("/metrics?a=/b#c"), "/metrics");
  EXPECT_EQ(path_of("http://h:1/metrics?x"), "/metrics");
  EXPECT_EQ(path_of("https://h"), "/");
  EXPECT_EQ(path_of("http://h?x=/metrics"), "/");
  EXPECT_EQ(path_of("http://h#/metrics"), "/");
  EXPECT_EQ(path_of("//h/metrics"), "//h/metrics");
  EXPECT_EQ(path_of(""), "");
}

TEST(HttpRoutes, ReadinessIsTheServers) {
  const HttpPages pages{[] { return std::string(); }, [] { return std::string(); }};
  std::atomic<Readiness> readiness{Readiness::kLoading};
  const PageSources sources{pages, readiness};
  const PageRequest request{.method = "GET", .target = "/readyz", .authorization = {}};
  EXPECT_EQ(answer(request, sources).status, 503U);
  readiness = Readiness::kReady;
  EXPECT_EQ(answer(request, sources).status, 200U);
  readiness = Readiness::kDraining;
  EXPECT_EQ(answer(request, sources).status, 503U);
  EXPECT_EQ(answer(request, sources).body, "draining\n");
}

TEST(HttpAscii, ListsHaveCommasAndBlanks) {
  std::string seen;
  for_each_element(" a,,b ,\tc d ,", [&](std::string_view element) {
    seen += '[';
    seen += element;
    seen += ']';
  });
  EXPECT_EQ(seen, "[a][b][c d]");
}

}  // namespace
}  // namespace isocache
