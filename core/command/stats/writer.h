// The lines of a page of `stats`: "STAT <key> <value>\r\n" each, then "END\r\n".
#pragma once

#include <cstdint>
#include <string_view>

#include "command/stats/host_rows.h"
#include "protocol/output.h"

namespace isocache {

class StatsWriter {
 public:
  explicit StatsWriter(Output& out) : out_(out) {}

  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, std::uint64_t value);
  // value / 10^digits, as memcached prints a float: fixed("x", 125, 2) is "x 1.25".
  void fixed(std::string_view key, std::uint64_t value, unsigned digits);
  // Keys of the form "items:3:age".
  void add(std::string_view family, unsigned id, std::string_view key, std::uint64_t value);
  void end();  // "END\r\n"

 private:
  Output& out_;
};

// A number that is shown as value / 10^digits.
struct Fixed {
  std::uint64_t value;
  unsigned digits;
};

// A page whose rows stand in a .def file, in their order: rows of the core and of the host.
class PageWriter {
 public:
  PageWriter(HostRows host, Output& out);

  void row(const char* name, std::uint64_t value);
  void row(const char* name, const char* text);
  void row(const char* name, std::string_view text);
  void row(const char* name, Fixed value);
  // The host's row of this name. If the host gives none: `otherwise`. If that is null: no row.
  void host_row(const char* name, const char* otherwise);
  // The host's rows that the .def file does not name, in the host's order, then END.
  void end();

 private:
  void write(const HostRow& row);

  HostRows host_;  // rows that are not written yet
  StatsWriter stats_;
};

}  // namespace isocache
