#include "simulation/journal.h"

#include <cinttypes>
#include <cstdio>

namespace isocache::simulation {

void Journal::note(const char* what, unsigned connection, std::uint64_t a, std::uint64_t b) {
  const Event event{step, now_, what, connection, a, b};
  events_[count_++ % events_.size()] = event;
  if (trace_) print(event);
}

void Journal::fail(const std::string& what) {
  for (const std::string& word : ignored_) {
    if (what.find(word) != std::string::npos) return;
  }
  if (!failed()) failure_ = what;
}

void Journal::print(const Event& event) {
  std::printf("  step %" PRIu64 " time %" PRIu64 ": ", event.step, event.time);
  if (event.connection != kNobody) std::printf("connection %u ", event.connection);
  std::printf("%s", event.what);
  if (event.a != 0 || event.b != 0) std::printf(" %" PRIu64, event.a);
  if (event.b != 0) std::printf(" %" PRIu64, event.b);
  std::printf("\n");
}

void Journal::print_last_events() const {
  const std::size_t first = count_ > events_.size() ? count_ - events_.size() : 0;
  for (std::size_t i = first; i < count_; ++i) print(events_[i % events_.size()]);
}

}  // namespace isocache::simulation
