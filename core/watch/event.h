// One thing that happened, as it lies in an EventBuffer until its line is written (line.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "watch/stream.h"

namespace isocache {

enum class EventType : std::uint8_t {
  kItemGet,    // an item was looked for: by every command that has a key
  kItemStore,  // a storage command was executed, or refused
  kDeleted,
  kEviction,  // an item was dropped for room
  kExtWrite,  // an item left memory for room, and is on the tier
  kConnectionNew,
  kConnectionClose,
};

// What a lookup found.
enum class EventFound : std::uint8_t { kNotFound, kFound, kFlushed, kExpired };
enum class EventStored : std::uint8_t {
  kNotStored,
  kStored,
  kExists,
  kNotFound,
  kTooLarge,
  kNoMemory,
};
enum class EventCommand : std::uint8_t {
  kNone,
  kAdd,
  kSet,
  kReplace,
  kAppend,
  kPrepend,
  kCas,
  kDelete,
  kMetaDelete,
};
enum class EventTransport : std::uint8_t { kLocal, kTcp };
enum class EventClose : std::uint8_t { kError, kNormal, kIdleTimeout, kShutdown };

// A field that the type does not have is 0.
struct Event {
  EventType type = EventType::kItemGet;
  // EventFound, EventStored, EventClose; evictions: whether the item was ever fetched
  std::uint8_t status = 0;
  EventCommand command = EventCommand::kNone;
  std::uint8_t item_class = 0;  // of `stats items`; 0: there is no item
  EventTransport transport = EventTransport::kLocal;
  std::uint8_t text_bytes = 0;  // of the text behind the event: a key, or a client's address
  std::uint16_t port = 0;
  std::int32_t client = 0;   // what `stats conns` calls it
  std::uint32_t idle_s = 0;  // since the last access
  std::uint64_t id = 0;      // in the order of all shards
  std::uint64_t at_us = 0;   // unix time
  std::uint64_t size = 0;    // of the value
  std::int64_t ttl_s = 0;
};
static_assert(sizeof(Event) == 48 && std::is_trivially_copyable_v<Event>);

constexpr WatchStream stream_of(EventType type) {
  switch (type) {
    case EventType::kItemGet: return WatchStream::kFetchers;
    case EventType::kItemStore: return WatchStream::kMutations;
    case EventType::kDeleted: return WatchStream::kDeletions;
    case EventType::kEviction:
    case EventType::kExtWrite: return WatchStream::kEvictions;
    case EventType::kConnectionNew:
    case EventType::kConnectionClose: break;
  }
  return WatchStream::kConnections;
}

// Stamps events: who caused it, when, and its place among all events. Shards share one.
class EventStamps {
 public:
  virtual ~EventStamps() = default;
  // Sets id, at_us and client.
  virtual void stamp(Event& event) = 0;
  // The id of the event that was stamped last. Every event with that id or a lower one is in its
  // buffer once the buffer's lock was taken.
  virtual std::uint64_t last_id() const = 0;
};

}  // namespace isocache
