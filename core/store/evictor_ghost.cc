// What the ghost teaches: which queue a new key enters, and how long the small queue should be.
#include <algorithm>

#include "store/evictor.h"

namespace isocache {
namespace {

// Measured on OLTP, cloudPhysics and synthetic mixes with isocache_replay; see core/README.md.
constexpr double kMinSmallShare = 0.05;
constexpr double kMaxSmallShare = 0.90;
constexpr double kGhostPerItem = 1.0;   // entries in the ghost, for each item in the store
constexpr double kRecentWindow = 0.05;  // of the items: how far back a ghost hit moves the share
constexpr double kShareStep = 0.0005;   // for each such hit
// The ghost has one page at least, and this share of the memory at most: where items are tiny, a
// longer ghost would cost more than it brings.
constexpr std::size_t kGhostShare = 256;
// A store below this (2 MB) has no ghost: a page would cost more than it brings.
constexpr std::size_t kMinSegmentsForGhost = 32;
// A ghost this much too long gives a page back.
constexpr double kTooLong = 2.0;

}  // namespace

void Evictor::fit_ghost() {
  if (ghost_fitted_ || log_.heap.limit_segments() < kMinSegmentsForGhost) return;
  ghost_fitted_ = true;  // one page a call: eviction has to win the memory for it first
  const double wanted = kGhostPerItem * static_cast<double>(index_.size());
  const auto capacity = static_cast<double>(ghost_.capacity());
  const std::size_t most_pages = std::max<std::size_t>(1, log_.heap.limit_segments() / kGhostShare);
  if (capacity < wanted && ghost_.pages() < most_pages && log_.heap.available() > kReserve) {
    ghost_.add_page();
  } else if (ghost_.pages() > most_pages ||
             (ghost_.pages() > 1 && capacity > kTooLong * (wanted + Ghost::kPageEntries))) {
    ghost_.drop_page();
  }
}

// A ghost has whole pages. In a small store that is more than should be remembered.
inline bool Evictor::counts(const Ghost::Entry& entry) const {
  return entry.found && entry.evictions_ago <= kGhostPerItem * static_cast<double>(index_.size());
}

bool Evictor::ghost_knows(std::uint64_t hash) const { return counts(ghost_.find(hash)); }

QueueKind Evictor::queue_for_new(std::uint64_t hash) {
  const Ghost::Entry entry = ghost_.take(hash);
  if (!counts(entry)) return QueueKind::kSmall;
  ++counters_.ghost_hits;
  adapt(entry);
  return QueueKind::kMain;
}

void Evictor::adapt(const Ghost::Entry& entry) {
  if (entry.evictions_ago > kRecentWindow * static_cast<double>(index_.size())) return;
  small_share_ = std::clamp(small_share_ + (entry.from_main ? -kShareStep : kShareStep),
                            kMinSmallShare, kMaxSmallShare);
}

}  // namespace isocache
