// Buffers of events, queues of lines, and how one becomes the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command/watching/watch_hub.h"
#include "watch/event_buffer.h"
#include "watch/line_queue.h"

namespace isocache {
namespace {

class Stamps : public EventStamps {
 public:
  void stamp(Event& event) override { event.id = ++last; }
  std::uint64_t last_id() const override { return last; }
  std::uint64_t last = 0;
};

class CountingWaker : public Waker {
 public:
  void wake(LateToken token) override {
    EXPECT_EQ(token, kStreamToken);
    ++times;
  }
  int times = 0;
};

Event event_of(EventType type) {
  Event event;
  event.type = type;
  return event;
}

std::string all_of(LineQueue& queue) {
  std::string text;
  while (!queue.empty()) {
    text += queue.front();
    queue.pop(queue.front().size());
  }
  return text;
}

TEST(EventBuffer, KeepsWhatIsWantedAndFits) {
  Stamps stamps;
  const auto buffer = EventBuffer::make(2 * sizeof(Event) + 10, stamps);
  buffer->wanted = WatchStream::kFetchers;
  buffer->write(event_of(EventType::kItemStore), "unwanted");
  EXPECT_EQ(buffer->used(), 0U);
  buffer->write(event_of(EventType::kItemGet), "one");
  buffer->write(event_of(EventType::kItemGet), "two");
  buffer->write(event_of(EventType::kItemGet), "three");
  EXPECT_EQ(buffer->written(), 2U);
  EXPECT_EQ(buffer->dropped(WatchStream::kFetchers), 1U);
  EXPECT_EQ(buffer->dropped(WatchStream::kMutations), 0U);
  EXPECT_EQ(stamps.last, 2U);  // what is dropped takes no number
  const EventBuffer::Entry first = buffer->at(0);
  EXPECT_EQ(first.text, "one");
  EXPECT_EQ(first.event.id, 1U);
  const EventBuffer::Entry second = buffer->at(first.next);
  EXPECT_EQ(second.text, "two");
  EXPECT_EQ(second.next, buffer->used());
  buffer->clear();
  EXPECT_EQ(buffer->used() + buffer->written() + buffer->dropped(WatchStream::kFetchers), 0U);
}

TEST(LineQueue, GoesRound) {
  LineQueue queue;
  ASSERT_TRUE(queue.open(100));
  std::string expected;
  for (int turn = 0; turn < 50; ++turn) {
    const std::string line = "line " + std::to_string(turn) + std::string(20, '.') + "\n";
    ASSERT_TRUE(queue.has_room(line.size()));
    queue.push(line);
    EXPECT_EQ(all_of(queue), line);
  }
}

TEST(LineQueue, TellsHowManyLinesItSkipped) {
  LineQueue queue;
  ASSERT_TRUE(queue.open(100));
  while (queue.has_room(10)) queue.push("123456789\n");
  queue.skip(2);
  queue.skip(3);
  EXPECT_TRUE(queue.tell_skipped());  // there is always room for it
  EXPECT_FALSE(queue.tell_skipped());
  EXPECT_TRUE(all_of(queue).ends_with("789\nskipped=5\n"));
  queue.skip(1);
  queue.push("next\n");
  EXPECT_EQ(all_of(queue), "skipped=1\nnext\n");
  EXPECT_FALSE(queue.tell_skipped());
}

// Two shards and their watchers.
class Hub : public testing::Test, private WatchedShards {
 protected:
  std::unique_ptr<EventBuffer> exchange(unsigned shard,
                                        std::unique_ptr<EventBuffer> next) override {
    std::unique_ptr<EventBuffer> before = std::exchange(shards_[shard], std::move(next));
    if (when_exchanged_) when_exchanged_(shard);
    return before;
  }
  WatcherId join(StreamSet streams, Waker* waker = nullptr) {
    WatcherId id = 0;
    EXPECT_EQ(hub_.join(streams, waker, &id), WatchPort::Joined::kYes);
    return id;
  }
  void get(unsigned shard, std::string_view key) {
    shards_[shard]->write(event_of(EventType::kItemGet), key);
  }
  std::string lines_of(WatcherId id) {
    Output out;
    while (hub_.take(id, out)) {
    }
    std::string text;
    out.for_each_span([&](std::string_view span) { text += span; });
    return text;
  }
  std::vector<std::string> keys_of(WatcherId id) {
    std::vector<std::string> keys;
    const std::string text = lines_of(id);
    for (std::size_t at = 0; (at = text.find("key=", at)) != std::string::npos;) {
      at += 4;
      keys.push_back(text.substr(at, text.find(' ', at) - at));
    }
    return keys;
  }

  const WatchOptions options_{.shards = 2,
                              .buffer_bytes = WatchHub::kMinBufferBytes,
                              .queue_bytes = Watchers::kMinQueueBytes};
  Stamps stamps_;
  std::unique_ptr<EventBuffer> shards_[2];
  std::function<void(unsigned)> when_exchanged_;
  WatchHub hub_{options_, *this, stamps_};
};

TEST_F(Hub, ShardsHaveBuffersWhileSomebodyWatches) {
  EXPECT_FALSE(hub_.deliver());
  EXPECT_EQ(shards_[0], nullptr);
  const WatcherId one = join(WatchStream::kFetchers);
  ASSERT_NE(shards_[1], nullptr);
  EXPECT_EQ(shards_[1]->wanted, StreamSet(WatchStream::kFetchers));
  const WatcherId two = join(WatchStream::kMutations);
  EXPECT_TRUE(shards_[0]->wants(WatchStream::kMutations));
  hub_.leave(one);
  EXPECT_TRUE(hub_.deliver());
  EXPECT_EQ(shards_[0]->wanted, StreamSet(WatchStream::kMutations));
  hub_.leave(two);
  EXPECT_EQ(shards_[0], nullptr);
  EXPECT_FALSE(hub_.deliver());
}

TEST_F(Hub, LinesComeInTheOrderOfTheEvents) {
  const WatcherId id = join(WatchStream::kFetchers);
  get(0, "a");
  get(1, "b");
  get(1, "c");
  get(0, "d");
  hub_.deliver();
  EXPECT_EQ(keys_of(id), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(hub_.figures().written, 4U);
  EXPECT_EQ(hub_.figures().sent, 4U);
}

// While the buffers are collected, one after the other, the shards go on.
TEST_F(Hub, WhatHappensMeanwhileComesLaterButInOrder) {
  const WatcherId id = join(WatchStream::kFetchers);
  get(0, "a");
  when_exchanged_ = [this](unsigned shard) {
    if (shard != 0) return;
    get(0, "b");  // shard 0 was collected already
    get(1, "c");  // shard 1 was not
  };
  hub_.deliver();
  when_exchanged_ = nullptr;
  EXPECT_EQ(keys_of(id), (std::vector<std::string>{"a"}));
  get(1, "d");
  hub_.deliver();
  EXPECT_EQ(keys_of(id), (std::vector<std::string>{"b", "c", "d"}));
  EXPECT_EQ(hub_.figures().written, 4U);
}

TEST_F(Hub, EachGetsWhatItAskedForFromThenOn) {
  CountingWaker woken;
  const WatcherId gets = join(WatchStream::kFetchers, &woken);
  get(0, "early");
  const WatcherId both = join([] {
    StreamSet set = WatchStream::kFetchers;
    set.add(WatchStream::kDeletions);
    return set;
  }());
  get(0, "late");
  shards_[0]->write(event_of(EventType::kDeleted), "gone");
  hub_.deliver();
  EXPECT_EQ(keys_of(gets), (std::vector<std::string>{"early", "late"}));
  EXPECT_EQ(keys_of(both), (std::vector<std::string>{"late", "gone"}));
  EXPECT_EQ(woken.times, 1);  // once until it has read everything
  get(1, "more");
  hub_.deliver();
  EXPECT_EQ(woken.times, 2);
}

TEST_F(Hub, ASlowWatcherLosesLinesAndOthersDoNot) {
  const WatcherId slow = join(WatchStream::kFetchers);
  const WatcherId quick = join(WatchStream::kFetchers);
  std::size_t read = 0;
  for (int i = 0; i < 100; ++i) {
    get(0, "key" + std::to_string(i));
    hub_.deliver();
    read += keys_of(quick).size();
  }
  EXPECT_EQ(read, 100U);
  const std::string text = lines_of(slow);
  EXPECT_LE(text.size(), options_.queue_bytes);
  const auto kept = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  EXPECT_EQ(hub_.figures().skipped, 100 - kept);
  hub_.deliver();  // nothing has happened since: it is told all the same
  EXPECT_EQ(lines_of(slow), "skipped=" + std::to_string(100 - kept) + "\n");
}

TEST_F(Hub, WhatAShardDroppedIsMissedByAllWhoWantedIt) {
  const WatcherId gets = join(WatchStream::kFetchers);
  const WatcherId sets = join(WatchStream::kMutations);
  for (int i = 0; i < 100; ++i) get(0, std::string(100, 'k'));
  hub_.deliver();
  const std::uint64_t dropped = hub_.figures().dropped;
  EXPECT_EQ(hub_.figures().written + dropped, 100U);
  EXPECT_GT(dropped, 0U);
  std::string text = lines_of(gets);
  hub_.deliver();
  text += lines_of(gets);
  EXPECT_NE(text.find("skipped=" + std::to_string(dropped + hub_.figures().skipped)),
            std::string::npos);
  EXPECT_EQ(lines_of(sets), "");
}

TEST_F(Hub, ThereAreTwentyAtMost) {
  std::vector<WatcherId> ids;
  for (std::size_t i = 0; i < Watchers::kMost; ++i) ids.push_back(join(WatchStream::kFetchers));
  WatcherId refused = 0;
  EXPECT_EQ(hub_.join(WatchStream::kFetchers, nullptr, &refused), WatchPort::Joined::kTooMany);
  hub_.leave(ids[3]);
  join(WatchStream::kFetchers);
  EXPECT_EQ(hub_.count(), Watchers::kMost);
}

}  // namespace
}  // namespace isocache
