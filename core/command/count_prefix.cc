// What the engine counts for `stats detail`. As in memcached, it counts commands that get, store
// and delete, whether or not they succeed. It counts neither incr and decr nor any meta command,
// and of touch only the binary protocol's.

#include "base/key_prefix.h"
#include "command/engine.h"
#include "command/stats/prefixes.h"

namespace isocache {

void Engine::count_prefixes(bool on) {
  options_.count_prefixes = on;
  observed_ = on || watched();
}

bool Engine::execute_observed(const Request& request, Output& out) {
  return options_.count_prefixes ? execute_and_count(request, out)
                                 : dispatch_observed(request, out);
}

bool Engine::dispatch_observed(const Request& request, Output& out) {
  return watched() ? dispatch_and_watch(request, out) : dispatch(request, out);
}

bool Engine::execute_and_count(const Request& request, Output& out) {
  const auto misses = [this] { return counters_.get_misses + counters_.touch_misses; };
  const std::uint64_t misses_before = misses();
  if (!dispatch_observed(request, out)) return false;  // it will be tried again
  switch (request.verb) {
    case Verb::kTouch:
      if (request.style != ReplyStyle::kBinary) break;
      [[fallthrough]];
    case Verb::kGet: count_get_by_prefix(request, misses() == misses_before); break;
    case Verb::kStore: count_store(request); break;
    case Verb::kReply:
      if (request.reply.bad_value_end) count_store(request);
      break;
    case Verb::kDelete:
      if (PrefixCounters* const counters = prefix_counters(request)) ++counters->deletes;
      break;
    default: break;
  }
  return true;
}

void Engine::count_get_by_prefix(const Request& request, bool is_hit) {
  PrefixCounters* const counters = prefix_counters(request);
  if (counters == nullptr) return;
  ++counters->gets;
  if (is_hit) ++counters->hits;
}

void Engine::count_store(const Request& request) {
  if (PrefixCounters* const counters = prefix_counters(request)) ++counters->sets;
}

// Null if the request is not counted. A request that was not parsed from the wire has no wire_key.
PrefixCounters* Engine::prefix_counters(const Request& request) {
  std::string_view prefix;
  if (request.style == ReplyStyle::kMeta ||
      !find_prefix(request.wire_key, options_.prefix_delimiter, &prefix)) {
    return nullptr;
  }
  return &prefix_stats_.counters_of(prefix);
}

}  // namespace isocache
