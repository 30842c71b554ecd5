// The playground's files, which are part of the program if they were there when it was built, and
// the replies that carry them. No sockets.
#pragma once

#include <span>
#include <string_view>

#include "native/http/reply.h"

namespace isocache {

// One file in both forms. Everything that it refers to lives as long as the program.
struct PlaygroundFile {
  std::string_view path;  // "/assets/main-1a2b3c4d.js"; "/" is the page itself
  std::string_view content_type;
  std::string_view digest;  // of the content; its entity tags are made of it
  bool hashed_name;         // the name changes with the content, so it may be kept for ever
  std::string_view plain;
  std::string_view gzip;
};
using PlaygroundFiles = std::span<const PlaygroundFile>;

// Empty if there was no playground when the server was built.
PlaygroundFiles built_in_playground();

// Null: there is no such file.
const PlaygroundFile* find_file(PlaygroundFiles files, std::string_view path);

// 200, 304, or 406 if the client takes neither form. The two are the fields' values; empty: none.
Reply file_reply(const PlaygroundFile& file, std::string_view accept_encoding,
                 std::string_view if_none_match);

}  // namespace isocache
