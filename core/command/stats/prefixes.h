// Counts what clients ask for, by the prefix of the key: `stats detail`, memcached's stats_prefix.
//
//   key  user:42:name    user 42:name    :x     user
//   prefix  "user"        none (no ':')   ""    none: such a key is not counted
//
// Its memory is bounded for any keys: there are at most limits::kMaxPrefixes prefixes, and their
// names together have at most limits::kMaxPrefixNameBytes. All other prefixes are counted in one
// line.
//
//   names_    "userpagesession..."   all names, in the order in which they came
//   entries_  where each name lies in names_, and its counters
//   order_    the numbers of the entries, sorted by name; a bisection finds an entry, so that no
//             choice of keys makes it slow
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "protocol/output.h"

namespace isocache {

struct PrefixCounters {
  std::uint64_t gets = 0;
  std::uint64_t hits = 0;
  std::uint64_t sets = 0;
  std::uint64_t deletes = 0;

  PrefixCounters& operator+=(const PrefixCounters& other);
};

// The name of a prefix as users read it: if a byte is '%' or not printable ASCII, it is %XX. So no
// name looks like kOtherPrefixes. Writes at most three bytes for each one, and returns the end.
char* write_prefix_name(std::string_view name, char* to);
// The name of the row of all prefixes without room.
inline constexpr std::string_view kOtherPrefixes = "%other";

class PrefixStats {
 public:
  // The counters of a prefix. If there is no room for it, the counters that all prefixes without
  // room share. The reference is valid until the next call. REQUIRES: prefix.size() <=
  // limits::kMaxKeyBytes.
  PrefixCounters& counters_of(std::string_view prefix);
  // Null if the prefix has no counters of its own.
  const PrefixCounters* find(std::string_view prefix) const;
  void clear();
  // Calls visit(name, counters) for the prefixes after `after`, sorted by name, until it returns
  // false. Without `after` it begins with the first.
  template <typename Visit>
  void visit_behind(const std::optional<std::string>& after, Visit&& visit) const {
    const auto is_behind = [this](std::string_view name, std::uint16_t entry) {
      return name < name_of(entries_[entry]);
    };
    auto at =
        after ? std::upper_bound(order_.begin(), order_.end(), std::string_view(*after), is_behind)
              : order_.begin();
    while (at != order_.end() && visit(name_of(entries_[*at]), entries_[*at].counters)) ++at;
  }
  // The counters of all prefixes for which there was no room.
  const PrefixCounters& others() const { return others_; }

 private:
  struct Entry {
    std::uint32_t name_at = 0;
    std::uint8_t name_length = 0;
    PrefixCounters counters;
  };
  static_assert(limits::kMaxKeyBytes <= UINT8_MAX);
  static_assert(limits::kMaxPrefixes <= UINT16_MAX);

  std::string_view name_of(const Entry& entry) const {
    return std::string_view(names_).substr(entry.name_at, entry.name_length);
  }

  // The place of a name in order_, or where it belongs.
  std::vector<std::uint16_t>::const_iterator place_of(std::string_view name) const;

  std::string names_;
  std::vector<Entry> entries_;
  std::vector<std::uint16_t> order_;
  PrefixCounters others_;
};

// The next lines of `stats detail dump`, for one shard or for several together: the lines of the
// first `most` names after `after`.
class PrefixSlice {
 public:
  // REQUIRES: `after` outlives the slice until write(); most > 0.
  PrefixSlice(const std::optional<std::string>& after, std::size_t most)
      : after_(after), most_(most) {}
  // Call it once for each shard. It costs as much as `most` names.
  void add(const PrefixStats& shard);
  // Writes lines until the output is full, and END after the last name. Sets `after` to the last
  // name that was written. Returns false if it has written END. Names are written as
  // write_prefix_name() writes them; the prefixes without room are the line kOtherPrefixes.
  bool write(Output& out, std::optional<std::string>& after) const;

 private:
  struct Line {
    std::string name;
    PrefixCounters counters;
  };
  const std::optional<std::string>& after_;
  std::size_t most_;
  std::vector<Line> lines_;  // sorted by name
  bool cut_ = false;         // more lines follow them
  PrefixCounters others_;
};

}  // namespace isocache
