// What requests tell watchers: the lines that memcached 1.6.45 writes for the same commands.
#include <gtest/gtest.h>

#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "command/watching/single_watch.h"
#include "unit/core_fixture.h"

namespace isocache {
namespace {

class WatchedCore : public testing::Test, public Waker {
 protected:
  WatchedCore() {
    core_.backend.watch_by(&watch_);
    watcher_ = std::make_unique<Session>(core_.backend, core_.clock, SessionOptions{}, this);
    watch_.set_now(9, 1'800'000'000'000'000);
  }
  ~WatchedCore() override { watcher_.reset(); }

  void wake(LateToken token) override { woken_ |= token == kStreamToken; }

  // What the watcher sends, and the reply.
  std::string tell(std::string_view bytes) {
    watcher_->feed(bytes);
    return take();
  }
  std::string take() {
    std::string text = take_output(*watcher_, core_.backend);
    while (watcher_->wants_turn()) {
      watcher_->resume();
      text += take_output(*watcher_, core_.backend);
    }
    return text;
  }
  // The lines for one command, from their type on, without who caused them.
  std::vector<std::string> lines(std::string_view command) {
    core_.ask(command);
    return lines();
  }
  std::vector<std::string> lines() {
    watch_.deliver();
    if (!woken_) return {};
    woken_ = false;
    watcher_->resume(kStreamToken);
    const std::string text = take();
    std::vector<std::string> found;
    const std::regex line("ts=1800000000\\.0 gid=\\d+ type=([^\\n]*)\\n");
    for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at) {
      found.push_back(std::regex_replace((*at)[1].str(), std::regex(" cfd=9"), ""));
    }
    return found;
  }

  TestCore core_;
  SingleWatch watch_{core_.backend.engine(), WatchOptions{}};
  std::unique_ptr<Session> watcher_;
  bool woken_ = false;
};

using Lines = std::vector<std::string>;

TEST_F(WatchedCore, Words) {
  for (const std::string_view words :
       {"", " fetchers", " fetchers mutations evictions connevents deletions",
        " proxyreqs proxyevents proxyuser rawcmds sysevents",
        " fetchers fetchers fetchers fetchers fetchers fetchers fetchers fetchers fetchers"}) {
    Session session(core_.backend, core_.clock, SessionOptions{}, this);
    session.feed("watch" + std::string(words) + "\r\n");
    EXPECT_EQ(take_output(session, core_.backend), "OK\r\n") << words;
    EXPECT_TRUE(session.watches());
  }
  for (const std::string_view words : {" fetch", " FETCHERS", " fetchers nonsense", " 1"}) {
    EXPECT_EQ(tell("watch" + std::string(words) + "\r\n"), "ERROR\r\n") << words;
    EXPECT_FALSE(watcher_->watches());
  }
  EXPECT_EQ(watch_.hub().count(), 0U);
}

TEST_F(WatchedCore, NoWordMeansFetchers) {
  tell("watch\r\n");
  EXPECT_EQ(lines("set a 0 0 3\r\nabc\r\nget a b\r\n"),
            (Lines{"item_get key=a status=not_found clsid=0 size=0",
                   "item_get key=a status=found clsid=1 size=3",
                   "item_get key=b status=not_found clsid=0 size=0"}));
}

TEST_F(WatchedCore, Storage) {
  tell("watch mutations\r\n");
  const auto store = [this](std::string_view command) {
    const Lines found = lines(command);
    return found.size() == 1 ? found[0] : "not one line";
  };
  EXPECT_EQ(store("set a 5 100 3\r\nabc\r\n"),
            "item_store key=a status=stored cmd=set ttl=100 clsid=1 size=3");
  EXPECT_EQ(store("add a 0 0 1\r\nx\r\n"),
            "item_store key=a status=not_stored cmd=add ttl=0 clsid=1 size=1");
  EXPECT_EQ(store("append a 0 0 2\r\nxy\r\n"),
            "item_store key=a status=stored cmd=append ttl=100 clsid=1 size=5");
  EXPECT_EQ(store("ms a 1 MP\r\nz\r\n"),
            "item_store key=a status=stored cmd=prepend ttl=100 clsid=1 size=6");
  EXPECT_EQ(store("replace zz 0 0 1\r\nx\r\n"),
            "item_store key=zz status=not_stored cmd=replace ttl=0 clsid=1 size=1");
  EXPECT_EQ(store("cas a 0 0 1 1\r\n5\r\n"),
            "item_store key=a status=exists cmd=cas ttl=0 clsid=1 size=1");
  EXPECT_EQ(store("cas zz 0 0 1 1\r\n5\r\n"),
            "item_store key=zz status=not_found cmd=cas ttl=0 clsid=1 size=1");
  EXPECT_EQ(store("ms a 2 C1 I T30\r\nhi\r\n"),
            "item_store key=a status=stored cmd=cas ttl=100 clsid=1 size=2");
  EXPECT_EQ(store("ma auto N60 J5\r\n"),
            "item_store key=auto status=stored cmd=add ttl=60 clsid=1 size=1");
  EXPECT_EQ(store("set past 0 -1 1\r\nx\r\n"),
            "item_store key=past status=stored cmd=set ttl=-61 clsid=1 size=1");
  EXPECT_EQ(lines("incr auto 1\r\ntouch auto 5\r\nset bad 0 0 1\r\nxyz\r\n"), Lines{});
}

TEST_F(WatchedCore, Lookups) {
  tell("watch fetchers\r\n");
  core_.ask("set a 0 0 1\r\n1\r\nset old 0 1 1\r\n1\r\n");
  lines();
  const std::string hit = "item_get key=a status=found clsid=1 size=1";
  for (const std::string_view command :
       {"get a", "gets a", "gat 0 a", "mg a v", "touch a 0", "incr a 1", "ma a M-", "me a"}) {
    EXPECT_EQ(lines(std::string(command) + "\r\n"), Lines{hit}) << command;
  }
  const std::string miss = "item_get key=zz status=not_found clsid=0 size=0";
  for (const std::string_view command : {"get zz", "gat 0 zz", "mg zz v", "touch zz 0", "incr zz 1",
                                         "delete zz", "md zz", "me zz"}) {
    EXPECT_EQ(lines(std::string(command) + "\r\n"), Lines{miss}) << command;
  }
  EXPECT_EQ(lines("mg zz N30 v\r\n"), Lines{miss});
  core_.clock.now_s += 2;
  EXPECT_EQ(lines("get old\r\n"), Lines{"item_get key=old status=expired clsid=0 size=0"});
  core_.ask("flush_all\r\n");
  EXPECT_EQ(lines("get a\r\n"), Lines{"item_get key=a status=flushed clsid=0 size=0"});
}

// To watch must change nothing: an item that has expired is counted once, by the request itself.
TEST_F(WatchedCore, CountersStayAsTheyAre) {
  core_.ask("set old 0 1 1\r\n1\r\n");
  tell("watch fetchers mutations deletions evictions\r\n");
  core_.clock.now_s += 2;
  core_.ask("get old\r\nmg old\r\n");
  const EngineFigures figures = core_.backend.figures();
  EXPECT_EQ(figures.engine.get_expired, 1U);
  EXPECT_EQ(figures.engine.get_misses, 2U);
  EXPECT_EQ(figures.engine.cmd_meta, 1U);
}

TEST_F(WatchedCore, Deletions) {
  tell("watch deletions\r\n");
  core_.ask("set a 0 0 2\r\nab\r\nset b 0 0 2\r\nab\r\nset c 0 0 2\r\nab\r\n");
  EXPECT_EQ(lines("delete a\r\n"), Lines{"deleted key=a cmd=delete clsid=1 size=2"});
  EXPECT_EQ(lines("md b q\r\n"), Lines{"deleted key=b cmd=md clsid=1 size=2"});
  EXPECT_EQ(lines("md c I T30\r\nmd zz\r\ndelete zz\r\nmd c C1\r\n"), Lines{});
  EXPECT_EQ(lines("md c x\r\n"), Lines{"deleted key=c cmd=md clsid=1 size=2"});
}

TEST_F(WatchedCore, RefusedValues) {
  tell("watch fetchers mutations\r\n");
  core_.ask("set big 0 0 2\r\nab\r\n");
  lines();
  const std::string too_large = std::string(1U << 21U, 'x');
  EXPECT_EQ(lines("set big 0 0 2097152\r\n" + too_large + "\r\n"),
            (Lines{"item_store key=big status=too_large cmd=set ttl=0 clsid=0 size=0",
                   "item_get key=big status=found clsid=1 size=2"}));
}

TEST_F(WatchedCore, LargeValuesTellOnce) {
  tell("watch fetchers mutations\r\n");
  const std::string large(100'000, 'x');
  core_.session->feed("set l 0 0 100000\r\n" + large.substr(0, 50'000));
  EXPECT_EQ(lines(), Lines{});
  const Lines found = lines(large.substr(50'000) + "\r\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], "item_get key=l status=not_found clsid=0 size=0");
  EXPECT_TRUE(std::regex_match(
      found[1], std::regex("item_store key=l status=stored cmd=set ttl=0 clsid=\\d+ size=100000")));
}

TEST_F(WatchedCore, Evictions) {
  tell("watch evictions\r\n");
  const std::string value(4000, 'x');
  for (int i = 0; core_.backend.figures().store.evictions == 0; ++i) {
    ASSERT_LT(i, 20'000);
    core_.ask("set k" + std::to_string(i) + " 0 0 4000\r\n" + value + "\r\n");
  }
  const Lines found = lines();
  ASSERT_EQ(found.size(), core_.backend.figures().store.evictions);
  EXPECT_TRUE(std::regex_match(
      found[0], std::regex("eviction key=k\\d+ fetch=no ttl=-1 la=0 clsid=\\d+ size=4000")));
  // without a watcher the store has no observer again
  watcher_.reset();
  EXPECT_EQ(core_.store.observer(), nullptr);
}

TEST_F(WatchedCore, PrefixesAreCountedAllTheSame) {
  core_.ask("stats detail on\r\n");
  tell("watch fetchers\r\n");
  EXPECT_EQ(lines("get p:1\r\n").size(), 1U);
  core_.ask("stats detail off\r\n");
  EXPECT_EQ(lines("get p:2\r\n").size(), 1U);
  watcher_.reset();
  core_.ask("stats detail on\r\nget p:3\r\n");
  EXPECT_NE(core_.ask("stats detail dump\r\n").find("PREFIX p get 2 "), std::string::npos);
}

TEST_F(WatchedCore, InputOfAWatcherIsDroppedUntilQuit) {
  EXPECT_EQ(tell("watch fetchers\r\nset a 0 0 1\r\n1\r\nmn\r\n"), "OK\r\n");
  EXPECT_EQ(tell("mn\r\nquit now\r\nno quit\r\nqui"), "");
  EXPECT_EQ(tell(std::string(100'000, 'x')), "");
  EXPECT_TRUE(watcher_->takes_input());
  EXPECT_EQ(watcher_->buffered(), 0U);
  EXPECT_EQ(core_.ask("get a\r\n"), "END\r\n");
  EXPECT_FALSE(watcher_->closing());
  tell("\r\nqu");
  tell("it\r");
  EXPECT_FALSE(watcher_->closing());
  tell("\n");
  EXPECT_TRUE(watcher_->closing());
  EXPECT_EQ(watch_.hub().count(), 0U);
}

TEST_F(WatchedCore, QuitBehindTheCommandEndsItToo) {
  EXPECT_EQ(tell("mn\r\nwatch\r\nquit\r\n"), "MN\r\nOK\r\n");
  EXPECT_TRUE(watcher_->closing());
  EXPECT_EQ(watch_.hub().count(), 0U);
}

TEST_F(WatchedCore, EndsWithItsHost) {
  tell("watch\r\n");
  watcher_->end_after_request();
  EXPECT_TRUE(watcher_->closing());
  EXPECT_EQ(watch_.hub().count(), 0U);
}

TEST_F(WatchedCore, TooMany) {
  std::vector<std::unique_ptr<Session>> others;
  for (std::size_t i = 0; i < Watchers::kMost; ++i) {
    others.push_back(std::make_unique<Session>(core_.backend, core_.clock, SessionOptions{}, this));
    others.back()->feed("watch\r\n");
    take_output(*others.back(), core_.backend);
  }
  EXPECT_EQ(tell("watch\r\n"), "WATCHER_TOO_MANY log watcher limit reached\r\n");
  EXPECT_EQ(tell("mn\r\n"), "MN\r\n");
  others.pop_back();
  EXPECT_EQ(tell("watch\r\n"), "OK\r\n");
  others.clear();
}

}  // namespace
}  // namespace isocache
