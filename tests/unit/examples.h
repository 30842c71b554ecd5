// Plays the examples of the protocol's tables against a core of its own.
//
// An example is written in the short form that core/protocol/commands.def explains: "\n" stands for
// "\r\n", and the last line end is left out. Among the lines sent before there can be:
//
//   $ isocached -F           the server's flags. An example with a flag that the core does not know
//                             (-Z, -c) is not played
//   # 10 seconds later        the clock goes on
//   # the memory is full      items are stored until the server refuses them
//   # 20 clients watch        as many as may
//   # a server that cannot be watched
//
// "<251 bytes>" is that many bytes. "..." in a reply is any text; as a line of its own, any lines.
#pragma once

#include <string>
#include <string_view>

#include "protocol/tables.h"

namespace isocache {

struct Played {
  bool possible = true;   // false: it needs a running server
  std::string before;     // the replies to what was sent before
  std::string reply;      // in the short form
  bool closed = false;    // the connection ended
  std::string item_dump;  // of metadump, afterwards
};

// `extra` is added to the request's first line: " D1".
Played play(const table::Example& example, std::string_view extra = {});

// Does the reply match the one that the example shows?
bool matches(std::string_view reply, std::string_view shown);

}  // namespace isocache
