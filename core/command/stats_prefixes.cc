#include "command/stats_prefixes.h"

#include <algorithm>

#include "base/bytes.h"
#include "command/reply_writer.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

void append_name(std::string_view name, Output& out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  char* const begin = out.reserve(name.size() * 3);
  char* to = begin;
  for (const char c : name) {
    if (c > ' ' && c <= '~' && c != '%') {
      *to++ = c;
    } else {
      *to++ = '%';
      *to++ = kHex[static_cast<unsigned char>(c) >> 4U];
      *to++ = kHex[static_cast<unsigned char>(c) & 15U];
    }
  }
  out.commit(static_cast<std::size_t>(to - begin));
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

bool find_prefix(std::string_view key, char delimiter, std::string_view* prefix) {
  if (key.empty()) return false;  // nowhere, it may be
  const char* const end = key.data() + key.size();
  const char* const found = find_byte(key.data(), end, delimiter);
  if (found == end || find_byte(key.data(), found, '\0') != found) return false;
  *prefix = key.substr(0, static_cast<std::size_t>(found - key.data()));
  return true;
}

PrefixCounters& PrefixStats::counters_of(std::string_view prefix) {
  const auto at = std::lower_bound(order_.begin(), order_.end(), prefix,
                                   [this](std::uint16_t entry, std::string_view name) {
                                     return name_of(entries_[entry]) < name;
                                   });
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

void PrefixStats::add(const PrefixStats& other) {
  for (const Entry& entry : other.entries_) counters_of(other.name_of(entry)) += entry.counters;
  others_ += other.others_;
}

void PrefixStats::clear() { *this = {}; }

void PrefixStats::write(Output& out) const {
  std::unique_ptr<std::string> after;
  while (!write_slice(out, after)) {
  }
}

bool PrefixStats::write_slice(Output& out, std::unique_ptr<std::string>& after) const {
  auto at = order_.begin();
  if (after) {
    at = std::upper_bound(order_.begin(), order_.end(), std::string_view(*after),
                          [this](std::string_view name, std::uint16_t entry) {
                            return name < name_of(entries_[entry]);
                          });
  }
  const auto begin = at;
  for (; at != order_.end() && (at == begin || !out.full()); ++at) {
    const Entry& entry = entries_[*at];
    out.append("PREFIX ");
    append_name(name_of(entry), out);
    append_counters(entry.counters, out);
  }
  if (at != order_.end()) {
    after = std::make_unique<std::string>(name_of(entries_[*(at - 1)]));
    return false;
  }
  if (others_.gets + others_.sets + others_.deletes != 0) {
    out.append("PREFIX %other");
    append_counters(others_, out);
  }
  out.append(reply::kEnd);
  return true;
}

}  // namespace isocache
