// Which segment is emptied next.
#include <algorithm>
#include <cmath>

#include "store/evictor.h"

namespace isocache {
namespace {

// A segment is compacted when so many eighths of it are dead: copying the rest costs less than what
// eviction would lose. Without eviction the choice is between more copying and refusing.
constexpr unsigned kWorthwhile = 2;
constexpr unsigned kWorthwhileToKeep = 1;

// base^exponent, with a root for each binary digit behind the point. std::pow would be a tenth of
// the wasm module (5.7 KB gzipped), for an exponent that is nearly always 1. REQUIRES: neither is
// negative.
double power(double base, double exponent) {
  double result = 1;
  for (; exponent >= 1; exponent -= 1) result *= base;
  for (double root = base; exponent > 0;) {
    root = std::sqrt(root);
    exponent *= 2;
    if (exponent >= 1) {
      result *= root;
      exponent -= 1;
    }
  }
  return result;
}

}  // namespace

SegmentId Evictor::oldest_closed(Stream stream) {
  SegmentQueue& queue = log_.queue(stream);
  for (std::size_t tries = queue.size(); tries > 0; --tries) {
    const SegmentId id = queue.head();
    const Segment& segment = log_.heap.segment(id);
    if (!segment.open && !segment.held()) return id;
    if (queue.size() == 1) return 0;
    // It is held, or open: look at it again later.
    queue.remove(log_.heap, id);
    queue.push(log_.heap, id);
  }
  return 0;
}

bool Evictor::choose_flushed() {
  for (unsigned band = 0; band < kBands && log_.flushed_segments() > 0; ++band) {
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      const SegmentId id = oldest_closed({band, kind});
      if (id == 0 || !log_.flushed(id)) continue;
      begin(id, VictimMode::kFlushed);
      return true;
    }
  }
  return false;
}

bool Evictor::choose_victim() {
  // Where one survivor found no room, another finds none either.
  if (!gave_up_) {
    if (choose_flushed()) return true;
    const SegmentId id = log_.dead_lists.deadest(options_.evict ? kWorthwhile : kWorthwhileToKeep);
    // What is live in it needs one segment at most.
    if (id != 0 && log_.heap.secure(1)) {
      begin(id, VictimMode::kCompact);
      return true;
    }
  }
  if (!options_.evict) {
    close_dead_open_ones();
    return false;
  }
  fit_ghost();
  while (!choose_by_age_and_size()) {
    if (!close_an_open_one()) return false;
  }
  return true;
}

// Chooses the band whose oldest segment has held its memory longest for the least use: the score is
// age times mean item size.
bool Evictor::choose_by_age_and_size() {
  SegmentId best = 0;
  double best_score = -1;
  for (unsigned band = 0; band < kBands; ++band) {
    const std::size_t small = log_.queue({band, QueueKind::kSmall}).size();
    const std::size_t main = log_.queue({band, QueueKind::kMain}).size();
    if (small + main == 0) continue;
    const bool small_first =
        static_cast<double>(small) > small_share_ * static_cast<double>(small + main);
    SegmentId id = oldest_closed({band, small_first ? QueueKind::kSmall : QueueKind::kMain});
    if (id == 0) id = oldest_closed({band, small_first ? QueueKind::kMain : QueueKind::kSmall});
    if (id == 0) continue;
    const auto age = static_cast<double>(log_.clock - log_.heap.segment(id).opened_at + 1);
    // The mean of the band, not of the segment: a large item's pieces fill segments that have no
    // item of their own.
    const Log::BandTotal& total = log_.totals[band];
    const double mean_size = static_cast<double>(total.bytes) /
                             static_cast<double>(std::max<std::size_t>(total.items, 1));
    const double score = age * power(mean_size, options_.size_exponent);
    if (score > best_score) {
      best_score = score;
      best = id;
    }
  }
  if (best == 0) return false;
  begin(best, VictimMode::kEvict);
  return true;
}

// In a very small store every segment may be open. The fullest one is closed; if nothing in it is
// live, closing frees it.
bool Evictor::close_an_open_one() {
  Stream fullest{};
  std::size_t most = 0;
  for (unsigned band = 0; band < kBands; ++band) {
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      const Stream stream{band, kind};
      const SegmentId id = log_.open_segment(stream);
      if (id == 0 || log_.heap.segment(id).held()) continue;
      const std::size_t used = log_.heap.segment(id).used;
      if (used >= most) {
        most = used;
        fullest = stream;
      }
    }
  }
  if (most == 0) return false;
  log_.close(fullest);
  return true;
}

// Closing frees them. In a very small store they are a large part of all segments.
void Evictor::close_dead_open_ones() {
  for (unsigned band = 0; band < kBands; ++band) {
    for (const QueueKind kind : {QueueKind::kSmall, QueueKind::kMain}) {
      const SegmentId id = log_.open_segment({band, kind});
      if (id == 0 || log_.heap.segment(id).live != 0 || log_.heap.segment(id).held()) continue;
      log_.close({band, kind});
    }
  }
}

}  // namespace isocache
