#include "command/stats/prefixes.h"

#include <algorithm>
#include <utility>

#include "protocol/replies.h"
#include "protocol/write.h"

namespace isocache {
namespace {

void append_name(std::string_view name, Output& out) {
  char* const begin = out.reserve(name.size() * 3);
  out.commit(static_cast<std::size_t>(write_prefix_name(name, begin) - begin));
}

void append_counters(const PrefixCounters& counters, Output& out) {
  out.append(" get ");
  append_u64(out, counters.gets);
  out.append(" hit ");
  append_u64(out, counters.hits);
  out.append(" set ");
  append_u64(out, counters.sets);
  out.append(" del ");
  append_u64(out, counters.deletes);
  out.append("\r\n");
}

}  // namespace

PrefixCounters& PrefixCounters::operator+=(const PrefixCounters& other) {
  gets += other.gets;
  hits += other.hits;
  sets += other.sets;
  deletes += other.deletes;
  return *this;
}

char* write_prefix_name(std::string_view name, char* to) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : name) {
    if (c > ' ' && c <= '~' && c != '%') {
      *to++ = c;
    } else {
      *to++ = '%';
      *to++ = kHex[static_cast<unsigned char>(c) >> 4U];
      *to++ = kHex[static_cast<unsigned char>(c) & 15U];
    }
  }
  return to;
}

std::vector<std::uint16_t>::const_iterator PrefixStats::place_of(std::string_view name) const {
  return std::lower_bound(order_.begin(), order_.end(), name,
                          [this](std::uint16_t entry, std::string_view searched) {
                            return name_of(entries_[entry]) < searched;
                          });
}

const PrefixCounters* PrefixStats::find(std::string_view prefix) const {
  const auto at = place_of(prefix);
  return at != order_.end() && name_of(entries_[*at]) == prefix ? &entries_[*at].counters : nullptr;
}

PrefixCounters& PrefixStats::counters_of(std::string_view prefix) {
  const auto at = place_of(prefix);
  if (at != order_.end() && name_of(entries_[*at]) == prefix) return entries_[*at].counters;
  if (entries_.size() == limits::kMaxPrefixes ||
      names_.size() + prefix.size() > limits::kMaxPrefixNameBytes) {
    return others_;
  }
  order_.insert(at, static_cast<std::uint16_t>(entries_.size()));
  entries_.push_back(
      {static_cast<std::uint32_t>(names_.size()), static_cast<std::uint8_t>(prefix.size()), {}});
  names_.append(prefix);
  return entries_.back().counters;
}

void PrefixStats::clear() { *this = {}; }

void PrefixSlice::add(const PrefixStats& shard) {
  others_ += shard.others();
  std::vector<Line> merged;
  auto known = lines_.begin();
  const auto has_room = [&] {
    cut_ = cut_ || merged.size() == most_;
    return merged.size() < most_;
  };
  const auto take_known = [&] { merged.push_back(std::move(*known++)); };
  shard.visit_behind(after_, [&](std::string_view name, const PrefixCounters& counters) {
    while (known != lines_.end() && known->name < name && has_room()) take_known();
    if (!has_room()) return false;
    if (known != lines_.end() && known->name == name) {
      take_known();
      merged.back().counters += counters;
    } else {
      merged.push_back({std::string(name), counters});
    }
    return true;
  });
  while (known != lines_.end() && has_room()) take_known();
  lines_ = std::move(merged);
}

bool PrefixSlice::write(Output& out, std::optional<std::string>& after) const {
  std::size_t written = 0;
  for (; written < lines_.size() && (written == 0 || !out.full()); ++written) {
    out.append("PREFIX ");
    append_name(lines_[written].name, out);
    append_counters(lines_[written].counters, out);
  }
  if (written != 0) after = lines_[written - 1].name;
  if (cut_ || written != lines_.size()) return true;
  if (others_.gets + others_.sets + others_.deletes != 0) {
    out.append("PREFIX ");
    out.append(kOtherPrefixes);
    append_counters(others_, out);
  }
  out.append(reply::kEnd);
  return false;
}

}  // namespace isocache
