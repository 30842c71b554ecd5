#include "simulation/oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace isocache::simulation {
namespace {

constexpr std::size_t kLongHistory = 16;

}  // namespace

void Oracle::fail(KeyId key, const std::string& what) {
  journal_.fail(fmt::format("key {}: {}", key, what));
}

Mutation* Oracle::find(KeyId key, Version version) {
  for (Mutation& mutation : keys_[key].mutations) {
    if (mutation.version == version) return &mutation;
  }
  return nullptr;
}

void Oracle::begin(KeyId key, Version version, Change change, std::uint32_t client_flags) {
  journal_.note("a write begins; key, version", kNobody, key, version);
  History& history = keys_[key];
  Mutation mutation;
  mutation.version = version;
  mutation.change = change;
  mutation.client_flags = client_flags;
  mutation.when.begin = journal_.now();
  history.mutations.push_back(mutation);
  if (history.mutations.size() == kLongHistory) long_histories_.push_back(key);
}

void Oracle::end(KeyId key, Version version, Effect effect, Interval when, Expiry expiry) {
  Mutation* const mutation = find(key, version);
  if (mutation == nullptr) return;
  journal_.note(effect == Effect::kNone      ? "a write did nothing; key, version"
                : effect == Effect::kApplied ? "a write is acknowledged; key, version"
                                             : "a write may have happened; key, version",
                kNobody, key, version);
  if (effect == Effect::kNone) {
    if (mutation->seen) fail(key, fmt::format("version {} was refused, and read", version));
    auto& all = keys_[key].mutations;
    all.erase(all.begin() + (mutation - all.data()));
    return;
  }
  mutation->effect = mutation->seen ? Effect::kApplied : effect;
  mutation->when.begin = std::max(mutation->when.begin, when.begin);
  mutation->when.end = std::min(mutation->when.end, when.end);
  mutation->expiry = expiry;
}

void Oracle::refused(KeyId key, Version version, Interval when, bool surely) {
  Mutation* const mutation = find(key, version);
  if (mutation == nullptr) return;
  journal_.note("a write is refused; key, version", kNobody, key, version);
  if (mutation->seen) fail(key, fmt::format("version {} was refused, and read", version));
  mutation->change = Change::kRemove;
  mutation->effect = surely ? Effect::kApplied : Effect::kMaybe;
  mutation->when = {std::max(mutation->when.begin, when.begin), when.end};
}

Version Oracle::read(const Read& read) {
  const Chunks chunks = read_chunks(read.key, read.value);
  if (!chunks.wrong.empty()) {
    fail(read.key, fmt::format("WRONG VALUE: {}", chunks.wrong));
    return 0;
  }
  const Mutation* const base = check_order(read, chunks.versions);
  if (base == nullptr) return 0;
  journal_.note("a hit; key, version", kNobody, read.key, base->version);
  const History& history = keys_[read.key];
  if (superseded(read.key, history, *base, read.when.begin)) {
    fail(read.key, fmt::format("version {} (written at {}..{}) was read at {}..{}, after it was "
                               "replaced",
                               base->version, base->when.begin, base->when.end, read.when.begin,
                               read.when.end));
  }
  check_appends(read.key, history, *base, chunks.versions, read.when);
  check_expiry(read.key, history, *base, read.now_s);
  if (read.has_client_flags && read.client_flags != base->client_flags) {
    fail(read.key, fmt::format("version {} has client flags {} instead of {}", base->version,
                               read.client_flags, base->client_flags));
  }
  if (read.cas != 0 && chunks.versions.size() == 1) {
    Mutation& mutation = *find(read.key, base->version);
    const std::uint64_t before = std::exchange(mutation.cas, read.cas);
    if (before != 0 && before != read.cas) {
      fail(read.key, fmt::format("version {} has two cas ids", base->version));
    }
  }
  return base->version;
}

void Oracle::still_current(KeyId key, Version base, Interval when) {
  const Mutation* const mutation = find(key, base);
  if (mutation == nullptr || superseded(key, keys_[key], *mutation, when.begin)) {
    fail(key, fmt::format("a cas won against version {}, which was replaced before", base));
  }
}

void Oracle::miss(KeyId key, Interval when, UnixSeconds now_s) {
  journal_.note("a miss; key", kNobody, key);
  History& history = keys_[key];
  if (!evicts_) {
    for (const Mutation& base : history.mutations) {
      if (base.change != Change::kBase || base.effect != Effect::kApplied) continue;
      if (base.when.end >= when.begin) continue;
      if (may_be_removed(key, history, base, when.end) || may_be_expired(history, base, now_s))
        continue;
      fail(key, fmt::format("version {} was acknowledged at {}..{} and is gone at {}..{}, without "
                            "eviction",
                            base.version, base.when.begin, base.when.end, when.begin, when.end));
      return;
    }
  }
  // A version that was once missed may not come back.
  if (!history.mutations.empty() && history.mutations.back().version == 0) {
    const Time known = history.mutations.back().when.begin;
    const bool written_since =
        std::any_of(history.mutations.begin(), history.mutations.end() - 1,
                    [&](const Mutation& other) { return other.when.end >= known; });
    if (!written_since) return;
  }
  Mutation gone;
  gone.change = Change::kRemove;
  gone.effect = Effect::kApplied;
  gone.when = when;
  history.mutations.push_back(gone);
  if (history.mutations.size() == kLongHistory) long_histories_.push_back(key);
}

void Oracle::flush_begins(Version flush, unsigned prefix) {
  journal_.note("a flush begins", kNobody, flush, prefix);
  flushes_.push_back({flush, {journal_.now(), kNever}, false, prefix});
}

void Oracle::flush_ends(Version flush, Interval when, bool surely) {
  journal_.note("a flush, at", kNobody, flush, when.begin);
  for (Flush& each : flushes_) {
    if (each.version == flush) each = {flush, when, surely, each.prefix};
  }
}

void Oracle::forget(Time oldest) {
  for (const KeyId key : std::exchange(long_histories_, {})) {
    History& history = keys_[key];
    // A write that explains the end of an unacknowledged one is kept as long as that one.
    Time since = oldest;
    for (const Mutation& mutation : history.mutations) {
      if (mutation.effect == Effect::kPending) since = std::min(since, mutation.when.begin);
    }
    std::vector<Mutation> kept;
    for (const Mutation& mutation : history.mutations) {
      const bool over = mutation.effect != Effect::kPending && mutation.when.end < since;
      if (!over || !superseded(key, history, mutation, since)) kept.push_back(mutation);
    }
    history.mutations = std::move(kept);
    if (history.mutations.size() >= kLongHistory) long_histories_.push_back(key);
  }
}

}  // namespace isocache::simulation
