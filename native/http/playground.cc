#include "native/http/playground.h"

#include <fmt/format.h>

#include <algorithm>

#include "native/http/negotiation.h"

namespace isocache {
namespace {

// What the page may do in a browser: run its own scripts and its wasm, and connect to this server.
constexpr std::string_view kPlaygroundPolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

const PlaygroundFile* find_file(PlaygroundFiles files, std::string_view path) {
  const auto file = std::ranges::find(files, path, &PlaygroundFile::path);
  return file == files.end() ? nullptr : &*file;
}

Reply file_reply(const PlaygroundFile& file, std::string_view accept_encoding,
                 std::string_view if_none_match) {
  Coding coding{};
  if (!choose_coding(accept_encoding, coding)) {
    Reply reply = error_reply(406, "there are plain bytes and gzip; Accept-Encoding wants neither");
    reply.fields.push_back({"Vary", "Accept-Encoding"});
    return reply;
  }
  const bool gzip = coding == Coding::kGzip;
  // Each form has a tag of its own: a strong tag stands for the bytes.
  std::string tag = fmt::format("\"{}{}\"", file.digest, gzip ? "-gzip" : "");
  Reply reply{.content_type = file.content_type};
  reply.fields = {
      {"Cache-Control", file.hashed_name ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", std::string(kPlaygroundPolicy)},
      {"Vary", "Accept-Encoding"},
  };
  if (names_tag(if_none_match, tag)) {
    reply.status = kNotModified;
  } else {
    reply.stored_body = gzip ? file.gzip : file.plain;
    if (gzip) reply.fields.push_back({"Content-Encoding", "gzip"});
  }
  reply.fields.push_back({"ETag", std::move(tag)});
  return reply;
}

}  // namespace isocache
