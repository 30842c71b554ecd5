// A line of `watch`, taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace isocache {

struct EventLine {
  enum class Type : std::uint8_t { kOther, kGet, kStore, kDeleted, kEviction, kSkipped };
  Type type = Type::kOther;
  std::string_view key;     // percent-encoded, as sent
  std::string_view status;  // "found", "stored", ...
  std::string_view client;  // cfd
  std::uint64_t skipped = 0;
};

// Views the line.
EventLine parse_event_line(std::string_view line);

// As a person reads a key: %XX of printable characters is decoded.
std::string readable_key(std::string_view encoded);

}  // namespace isocache
