// What a client and the server say to each other, for -vv: as memcached prints it, "<27 get foo"
// and ">27 END", a line for each command and for each line of a reply. Values are not shown: they
// are long, and some are passwords.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/log.h"

namespace isocache {

enum class Direction : char { kReceived = '<', kSent = '>' };

// Prints one line, without its value.
void log_traffic(Direction direction, int fd, std::string_view line);

// One direction of one connection. It finds lines as the protocol does, so it has to see all bytes
// from the beginning of a command or reply on.
class TrafficLog {
 public:
  // Of the lines that arrive together, the others are only counted.
  static constexpr std::size_t kMostLines = 100;

  TrafficLog(Direction direction, int fd) : direction_(direction), fd_(fd) {}

  void add(std::string_view bytes);
  // These bytes of a value were seen elsewhere.
  void skip(std::size_t bytes) { value_bytes_ -= bytes < value_bytes_ ? bytes : value_bytes_; }
  // Prints the lines that add() found.
  void print();
  // What comes next begins a line, whatever came before.
  void begin_line();

 private:
  void end_line();

  Direction direction_;
  int fd_;
  std::uint64_t value_bytes_ = 0;  // still to come
  bool ends_value_ = false;        // the rest of the line stands behind a value
  std::string line_;               // not ended yet; only what is shown and what is looked at
  std::vector<LogEntry> found_;
  std::size_t left_out_ = 0;
  bool lists_ = false;  // the last line was a row of stats
};

}  // namespace isocache
