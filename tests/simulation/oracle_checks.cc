// Checks whether every order of the writes forbids a read.
#include <fmt/format.h>

#include <algorithm>

#include "simulation/oracle.h"

namespace isocache::simulation {
namespace {

bool replaces(const Mutation& mutation) {
  return mutation.effect == Effect::kApplied &&
         (mutation.change == Change::kBase || mutation.change == Change::kRemove);
}

}  // namespace

// True if a write, a removal or a flush surely came after `base` and before that time.
bool Oracle::superseded(KeyId key, const History& history, const Mutation& base,
                        Time before) const {
  const auto between = [&](Interval when) {
    return base.when.end < when.begin && when.end < before;
  };
  for (const Mutation& other : history.mutations) {
    if (replaces(other) && other.version != base.version && between(other.when)) return true;
  }
  return std::any_of(flushes_.begin(), flushes_.end(), [&](const Flush& flush) {
    return flush.surely && flush.takes(key) && between(flush.when);
  });
}

bool Oracle::may_be_removed(KeyId key, const History& history, const Mutation& base,
                            Time until) const {
  const auto possible = [&](Interval when) {
    return when.end >= base.when.begin && when.begin <= until;
  };
  for (const Mutation& other : history.mutations) {
    if (other.version == base.version || other.change == Change::kTouch) continue;
    // A write that succeeded removed nothing; a write that may still be refused may remove.
    const bool stored = other.effect == Effect::kApplied && other.change != Change::kRemove;
    if (!stored && possible(other.when)) return true;
    // The other write may have replaced it, and have expired since.
    if (other.change == Change::kBase && other.expiry.latest != 0 && possible(other.when))
      return true;
  }
  return std::any_of(flushes_.begin(), flushes_.end(),
                     [&](const Flush& flush) { return flush.takes(key) && possible(flush.when); });
}

bool Oracle::may_be_expired(const History& history, const Mutation& base, UnixSeconds now_s) const {
  const auto expires = [&](const Mutation& mutation) {
    return mutation.effect != Effect::kApplied ||
           (mutation.expiry.earliest != 0 && mutation.expiry.earliest <= now_s);
  };
  if (expires(base)) return true;
  return std::any_of(history.mutations.begin(), history.mutations.end(),
                     [&](const Mutation& other) {
                       return other.change == Change::kTouch && other.when.end >= base.when.begin &&
                              expires(other);
                     });
}

void Oracle::check_expiry(KeyId key, const History& history, const Mutation& base,
                          UnixSeconds now_s) {
  const auto lives = [&](const Mutation& mutation) {
    return mutation.effect != Effect::kApplied || mutation.expiry.latest == 0 ||
           mutation.expiry.latest > now_s;
  };
  if (lives(base)) return;
  for (const Mutation& other : history.mutations) {
    if (other.change == Change::kTouch && other.when.end >= base.when.begin && lives(other)) return;
  }
  fail(key, fmt::format("version {} has expired, and was read", base.version));
}

void Oracle::check_appends(KeyId key, const History& history, const Mutation& base,
                           std::span<const Version> versions, Interval when) {
  for (const Mutation& other : history.mutations) {
    const bool joins = other.change == Change::kAppend || other.change == Change::kPrepend;
    if (!joins || other.effect != Effect::kApplied) continue;
    if (base.when.end >= other.when.begin || other.when.end >= when.begin) continue;
    if (std::find(versions.begin(), versions.end(), other.version) == versions.end()) {
      fail(key, fmt::format("version {} lacks the append {}", base.version, other.version));
    }
  }
}

// One base, with prepended versions before it and appended ones after it. Null if a part is wrong.
const Mutation* Oracle::check_order(const Read& read, std::span<const Version> versions) {
  const Mutation* base = nullptr;
  for (const Version version : versions) {
    Mutation* const mutation = find(read.key, version);
    if (mutation == nullptr) {
      fail(read.key,
           fmt::format("version {} was read at {}..{}: it was replaced long ago, refused, "
                       "or never written",
                       version, read.when.begin, read.when.end));
      return nullptr;
    }
    mutation->seen = true;
    mutation->when.end = std::min(mutation->when.end, read.when.end);
    if (mutation->effect == Effect::kMaybe) mutation->effect = Effect::kApplied;
    const bool in_place = mutation->change == Change::kBase      ? base == nullptr
                          : mutation->change == Change::kPrepend ? base == nullptr
                                                                 : base != nullptr;
    if (!in_place || mutation->change == Change::kRemove) {
      fail(read.key, fmt::format("version {} is where it cannot be", version));
      return nullptr;
    }
    if (mutation->change == Change::kBase) base = mutation;
  }
  if (base == nullptr) fail(read.key, "a value without a beginning");
  return base;
}

}  // namespace isocache::simulation
