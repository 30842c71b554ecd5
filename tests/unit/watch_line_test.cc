// The lines of watchers, as memcached words them.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "watch/line.h"

namespace isocache {
namespace {

Event at_noon(EventType type) {
  Event event;
  event.type = type;
  event.id = 7;
  event.at_us = 1'795'838'147'531'433;
  event.client = 20;
  return event;
}

std::string line_of(const Event& event, std::string_view text) {
  char room[kMaxEventLineBytes];
  return {room, write_event_line(event, text, room)};
}

TEST(WatchLine, WhatALookupFound) {
  Event event = at_noon(EventType::kItemGet);
  EXPECT_EQ(line_of(event, "nokey"),
            "ts=1795838147.531433 gid=7 type=item_get key=nokey status=not_found clsid=0 cfd=20 "
            "size=0\n");
  event.item_class = 3;
  event.size = 700'000;
  for (const auto& [status, name] :
       {std::pair(EventFound::kFound, "found"), std::pair(EventFound::kFlushed, "flushed"),
        std::pair(EventFound::kExpired, "expired")}) {
    event.status = static_cast<std::uint8_t>(status);
    EXPECT_EQ(line_of(event, "a"), std::string("ts=1795838147.531433 gid=7 type=item_get key=a ") +
                                       "status=" + name + " clsid=3 cfd=20 size=700000\n");
  }
}

TEST(WatchLine, WhatAStorageCommandDid) {
  Event event = at_noon(EventType::kItemStore);
  event.status = static_cast<std::uint8_t>(EventStored::kExists);
  event.command = EventCommand::kCas;
  event.ttl_s = -61;
  event.item_class = 1;
  event.size = 2;
  EXPECT_EQ(line_of(event, "n"),
            "ts=1795838147.531433 gid=7 type=item_store key=n status=exists cmd=cas ttl=-61 "
            "clsid=1 cfd=20 size=2\n");
}

TEST(WatchLine, WhatWasDeletedAndEvicted) {
  Event event = at_noon(EventType::kDeleted);
  event.command = EventCommand::kMetaDelete;
  event.item_class = 1;
  event.size = 2;
  EXPECT_EQ(line_of(event, "b"),
            "ts=1795838147.531433 gid=7 type=deleted key=b cmd=md clsid=1 size=2\n");
  event = at_noon(EventType::kEviction);
  event.status = 1;
  event.ttl_s = -1;
  event.idle_s = 12;
  event.item_class = 5;
  event.size = 20'000;
  EXPECT_EQ(line_of(event, "k93"),
            "ts=1795838147.531433 gid=7 type=eviction key=k93 fetch=yes ttl=-1 la=12 clsid=5 "
            "size=20000\n");
  event.type = EventType::kExtWrite;
  event.status = 0;
  EXPECT_EQ(line_of(event, "k93"),
            "ts=1795838147.531433 gid=7 type=extwrite key=k93 fetch=no ttl=-1 la=12 clsid=5 "
            "bucket=0\n");
}

TEST(WatchLine, ClientsThatComeAndGo) {
  Event event = at_noon(EventType::kConnectionNew);
  event.transport = EventTransport::kTcp;
  event.port = 35472;
  EXPECT_EQ(line_of(event, "127.0.0.1"),
            "ts=1795838147.531433 gid=7 type=conn_new rip=127.0.0.1 rport=35472 transport=tcp "
            "cfd=20\n");
  event.type = EventType::kConnectionClose;
  event.status = static_cast<std::uint8_t>(EventClose::kIdleTimeout);
  EXPECT_EQ(line_of(event, "::1"),
            "ts=1795838147.531433 gid=7 type=conn_close rip=::1 rport=35472 transport=tcp "
            "reason=idle_timeout cfd=20\n");
}

TEST(WatchLine, MicrosecondsHaveNoZerosBeforeThem) {
  Event event = at_noon(EventType::kItemGet);
  event.at_us = 1'795'838'148'034'484;
  EXPECT_TRUE(line_of(event, "a").starts_with("ts=1795838148.34484 gid=7 "));
}

TEST(WatchLine, KeysAreEncodedAsInUris) {
  const Event event = at_noon(EventType::kItemGet);
  const auto key_in = [&](std::string_view key) {
    const std::string line = line_of(event, key);
    const std::size_t begin = line.find("key=") + 4;
    return line.substr(begin, line.find(' ', begin) - begin);
  };
  EXPECT_EQ(key_in("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(key_in(std::string_view("bin\0\xFF key", 9)), "bin%00%FF%20key");
  EXPECT_EQ(key_in("k%20/!*()\"\n"), "k%2520%2F%21%2A%28%29%22%0A");
}

TEST(WatchLine, TheLongestOneFits) {
  Event event = at_noon(EventType::kItemStore);
  event.id = event.at_us = event.size = UINT64_MAX;
  event.ttl_s = INT64_MIN;
  event.client = INT32_MIN;
  event.item_class = UINT8_MAX;
  const std::string line = line_of(event, std::string(255, '\n'));
  EXPECT_LE(line.size(), kMaxEventLineBytes);
  EXPECT_TRUE(line.ends_with('\n'));
  EXPECT_NE(line.find("key=" + std::string("%0A%0A")), std::string::npos);
}

}  // namespace
}  // namespace isocache
