#include "store/ghost.h"

#include <algorithm>
#include <cstring>

namespace isocache {

void Ghost::insert(std::uint64_t hash, bool from_main) {
  if (bases_.empty()) return;
  Bucket* at = bucket(hash);
  at->head = static_cast<std::uint16_t>((at->head + 1U) % kRing);
  at->ring[at->head] = static_cast<std::uint16_t>(fingerprint(hash) | (from_main ? kFromMain : 0U));
}

template <bool kForget>
Ghost::Entry Ghost::look(std::uint64_t hash) const {
  if (bases_.empty()) return {};
  Bucket* at = bucket(hash);
  const std::uint16_t wanted = fingerprint(hash);
  for (std::size_t i = 0; i < kRing; ++i) {
    if ((at->ring[i] & kFingerprint) != wanted) continue;
    const bool from_main = (at->ring[i] & kFromMain) != 0;
    if constexpr (kForget) at->ring[i] = 0;
    const std::size_t age = (at->head + kRing - i) % kRing;
    return {true, from_main, static_cast<double>(age) / kRing * static_cast<double>(capacity())};
  }
  return {};
}

Ghost::Entry Ghost::find(std::uint64_t hash) const { return look<false>(hash); }
Ghost::Entry Ghost::take(std::uint64_t hash) { return look<true>(hash); }

std::size_t Ghost::entries() const {
  std::size_t entries = 0;
  for (const Bucket* const base : bases_) {
    for (const Bucket* at = base; at < base + kPageBuckets; ++at) {
      entries += static_cast<std::size_t>(std::count_if(
          at->ring, at->ring + kRing, [](std::uint16_t entry) { return entry != 0; }));
    }
  }
  return entries;
}

bool Ghost::owns(SegmentId id) const {
  return std::find(pages_.begin(), pages_.end(), id) != pages_.end();
}

bool Ghost::add_page() {
  pages_.reserve(pages_.size() + 1);
  bases_.reserve(bases_.size() + 1);
  const SegmentId id = heap_.acquire(SegmentUse::kTable);
  if (id == 0) return false;
  std::memset(heap_.data(id), 0, limits::kSegmentBytes);
  pages_.push_back(id);
  bases_.push_back(reinterpret_cast<Bucket*>(heap_.data(id)));
  return true;
}

void Ghost::drop_page() {
  heap_.release(pages_.back());
  pages_.pop_back();
  bases_.pop_back();
}

}  // namespace isocache
