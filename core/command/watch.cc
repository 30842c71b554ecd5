// What the engine tells watchers. As in memcached, every command that has a key first looks for the
// item (item_get), and some of them then tell what they did (item_store, deleted). A request that
// nobody watches comes nowhere near this file.

#include <utility>

#include "command/engine.h"
#include "command/exptime.h"
#include "command/wording/wording.h"

namespace isocache {
namespace {

std::uint8_t class_of(std::size_t key_bytes, std::size_t value_bytes) {
  return static_cast<std::uint8_t>(Store::band_of(key_bytes, value_bytes) + 1);  // `stats items`
}

EventFound found_of(Miss miss) {
  switch (miss) {
    case Miss::kAbsent: break;
    case Miss::kExpired: return EventFound::kExpired;
    case Miss::kFlushed: return EventFound::kFlushed;
  }
  return EventFound::kNotFound;
}

EventStored stored_of(StoreStatus status) {
  switch (status) {
    case StoreStatus::kStored: return EventStored::kStored;
    case StoreStatus::kNotStored: return EventStored::kNotStored;
    case StoreStatus::kExists: return EventStored::kExists;
    case StoreStatus::kNotFound: return EventStored::kNotFound;
    case StoreStatus::kTooLarge: return EventStored::kTooLarge;
    case StoreStatus::kNoMemory: break;
  }
  return EventStored::kNoMemory;
}

bool is_refused(StoreStatus status) {
  return status == StoreStatus::kTooLarge || status == StoreStatus::kNoMemory;
}

EventCommand command_of(const Request& request) {
  switch (request.store.mode) {
    case StoreMode::kAdd: return EventCommand::kAdd;
    case StoreMode::kAppend: return EventCommand::kAppend;
    case StoreMode::kPrepend: return EventCommand::kPrepend;
    case StoreMode::kSet:
    case StoreMode::kReplace: break;
  }
  if (request.flags.has_compare_cas) return EventCommand::kCas;
  return request.store.mode == StoreMode::kSet ? EventCommand::kSet : EventCommand::kReplace;
}

std::int64_t ttl_of(UnixSeconds exptime, UnixSeconds now_s) {
  return exptime == 0 ? 0 : std::int64_t{exptime} - std::int64_t{now_s};
}

}  // namespace

std::unique_ptr<EventBuffer> Engine::exchange_events(std::unique_ptr<EventBuffer> next) {
  const bool begins = events_ == nullptr && next != nullptr;
  const bool ends = events_ != nullptr && next == nullptr;
  if (begins) eviction_events_.next = store_.observer();
  if (begins) store_.set_observer(&eviction_events_);
  if (ends) store_.set_observer(eviction_events_.next);
  std::unique_ptr<EventBuffer> before = std::exchange(events_, std::move(next));
  observed_ = options_.count_prefixes || watched();
  return before;
}

// Nothing is looked up for an event that will be dropped: a watcher that is slower than the server
// costs next to nothing.
bool Engine::tells_of_get(const Request& request) const {
  return events_->wants(WatchStream::kFetchers) && events_->has_room(request.key.bytes.size());
}

Engine::Looked Engine::look(const Request& request) const {
  if (!events_->has_room(request.key.bytes.size())) return {};
  const FindResult found = store_.peek(request.key, now_s_);
  if (!found.item) return {found_of(found.miss)};
  const std::size_t size = found.item.value_length();
  return {EventFound::kFound, class_of(request.key.bytes.size(), size), found.item.exptime(), size};
}

bool Engine::dispatch_and_watch(const Request& request, Output& out) {
  if (request.verb == Verb::kReply) return dispatch(request, out);
  if (request.verb == Verb::kGet && !tells_of_get(request)) {
    const bool done = dispatch(request, out);
    if (done) events_->drop(WatchStream::kFetchers);
    return done;
  }
  const Looked before = look(request);
  const bool done = decide(request, out, [&](const auto& outcome) {
    word(outcome, request, out);
    note(request, before, outcome);
  });
  if (done && request.style == ReplyStyle::kMeta) ++counters_.cmd_meta;
  return done;
}

void Engine::note(const Request& request, const Looked& before, const GetOutcome& /*outcome*/) {
  note_get(request, before);
}
void Engine::note(const Request& request, const Looked& before, const TouchOutcome& /*outcome*/) {
  note_get(request, before);
}
void Engine::note(const Request& request, const Looked& before, const DebugOutcome& /*outcome*/) {
  note_get(request, before);
}

// If there is no room for a value, memcached tells so first, and then looks for the old item, which
// is removed.
void Engine::note(const Request& request, const Looked& before, const StoreOutcome& outcome) {
  const bool refused = is_refused(outcome.status);
  if (!refused) note_get(request, before);
  note_store(request, outcome, command_of(request));
  const bool removes = request.store.mode == StoreMode::kSet || request.store.too_large_removes;
  if (refused && removes) note_get(request, before);
}

void Engine::note(const Request& request, const Looked& before, const DeleteOutcome& outcome) {
  note_get(request, before);
  if (outcome.status != DeleteStatus::kDone || request.flags.set_stale) return;
  Event event;
  event.type = EventType::kDeleted;
  event.command =
      request.style == ReplyStyle::kMeta ? EventCommand::kMetaDelete : EventCommand::kDelete;
  event.item_class = before.item_class;
  event.size = before.size;
  events_->write(event, request.key.bytes);
}

// memcached creates a number by an add, which looks once more.
void Engine::note(const Request& request, const Looked& before, const ArithmeticOutcome& outcome) {
  note_get(request, before);
  if (!outcome.created) return;
  note_get(request, {});
  StoreOutcome stored;
  stored.status = StoreStatus::kStored;
  note_store(request, stored, EventCommand::kAdd);
}

void Engine::note_get(const Request& request, const Looked& found) {
  Event event;
  event.type = EventType::kItemGet;
  event.status = static_cast<std::uint8_t>(found.found);
  event.item_class = found.item_class;
  event.size = found.size;
  events_->write(event, request.key.bytes);
}

// A read of an item on the tier, which stays there.
void Engine::note_record(const Request& request, const Item& item) {
  const std::size_t size = item.value_length();
  note_get(request, {EventFound::kFound, class_of(request.key.bytes.size(), size), 0, size});
}

void Engine::note_store(const Request& request, const StoreOutcome& outcome, EventCommand command) {
  if (!events_->wants(WatchStream::kMutations)) return;
  Event event;
  event.type = EventType::kItemStore;
  event.status = static_cast<std::uint8_t>(stored_of(outcome.status));
  event.command = command;
  event.size = outcome.value_length;
  event.ttl_s = ttl_of(expiry_time(request.exptime, now_s_), now_s_);
  const Looked now = look(request);
  if (outcome.status == StoreStatus::kStored && now.found == EventFound::kFound) {
    event.size = now.size;
    event.ttl_s = ttl_of(now.exptime, now_s_);
  }
  if (is_refused(outcome.status)) {
    event.size = 0;  // as memcached shows it
  } else {
    event.item_class = class_of(request.key.bytes.size(), static_cast<std::size_t>(event.size));
  }
  events_->write(event, request.key.bytes);
}

bool Engine::EvictionEvents::evicting(const ItemView& item, std::uint64_t hash) noexcept {
  const bool kept = next != nullptr && next->evicting(item, hash);
  Engine& engine = engine_;
  if (!engine.watched() || !engine.events_->wants(WatchStream::kEvictions)) return kept;
  const UnixSeconds now_s = engine.now_s_;
  const UnixSeconds exptime = item.exptime();
  Event event;
  event.type = kept ? EventType::kExtWrite : EventType::kEviction;
  event.status = item.has(kFetched) ? 1 : 0;
  event.ttl_s = exptime == 0 ? -1 : ttl_of(exptime, now_s);
  event.idle_s = now_s - std::min(now_s, item.last_access());
  event.size = item.value_length();
  event.item_class = class_of(item.key().size(), item.value_length());
  engine.events_->write(event, item.key());
  return kept;
}

}  // namespace isocache
