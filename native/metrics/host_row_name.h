// Names the host's rows of `stats` for the metrics.
#pragma once

#include <cstdint>
#include <string_view>

#include "command/stats/host_rows.h"

namespace isocache {

// The name of a host's row in general.def. Any other name does not compile.
class HostRowName {
 public:
  consteval HostRowName(const char* name) : name_(name) {
    for (const std::string_view known : kNames) {
      if (known == name_) return;
    }
    throw "general.def has no such ISOCACHE_HOST_STAT";
  }
  constexpr std::string_view name() const { return name_; }
  std::uint64_t of(const HostRows& rows) const { return rows.number(name_); }

 private:
  static constexpr std::string_view kNames[] = {
#define ISOCACHE_HOST_STAT(name, otherwise) #name,
#include "command/stats/general.def"
  };
  std::string_view name_;
};

}  // namespace isocache
