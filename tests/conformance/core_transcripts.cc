// Plays transcripts against the core in process: natively, and under Node as wasm.
//
//   isocache_transcripts [--fragment] [--worst] [--tier] [--seed N] FILE...
//
// --fragment feeds every command in random pieces, and large values partly through the upload
// window; the replies must stay the same. --worst plays them to a store whose keys collide, whose
// memory runs out at half the limit, and which is full of others' items when a section begins;
// replies are taken one by one, and hold their segments for a while. --tier moves all items to a
// slow device after each command; tier_differences.h has what cannot hold then. Exit status 0 when
// every step passed.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "command/single_backend.h"
#include "command/tiering/tiering.h"
#include "conformance/reply_match.h"
#include "conformance/tier_differences.h"
#include "conformance/transcript.h"
#include "session/session.h"
#include "store/store.h"
#include "support/faulty_device.h"
#include "support/test_memory.h"

namespace isocache {
namespace {

constexpr UnixSeconds kStart = 1800000000;
constexpr std::size_t kLimitBytes = 32U << 20U;
constexpr std::size_t kReplyHeldFor = 5;  // commands
constexpr std::size_t kDeviceBytes = 64U << 20U;
constexpr std::size_t kRegionBytes = 4U << 20U;

struct Options {
  bool fragment = false;
  bool worst = false;
  bool tier = false;
  std::uint64_t seed = 1;
  std::vector<std::string> files;
};

// xorshift64: the same everywhere for the same seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2654435769U + 88172645463325252U) {}
  std::size_t below(std::size_t bound) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<std::size_t>(state_ % bound);
  }

 private:
  std::uint64_t state_;
};

// One core with one connection to it.
class Player : public Waker {
 public:
  Player(const Options& options, std::uint64_t seed)
      : options_(options),
        random_(seed),
        hash_key_(options.worst ? weak_hash_key(seed) : hash_key_of(seed)),
        tiering_(options.tier ? std::make_unique<Tiering>(device_, tiering_options(hash_key_))
                              : nullptr),
        store_(store_options(hash_key_, tiering_.get()), memory_),
        backend_(store_, Settings(), hash_key_, kStart, false, tiering_.get()) {
    device_.set_delayed(true);
    clock_.now_s = kStart;
    if (options.worst) memory_.set_most_bytes(kLimitBytes / 2);
    if (tiering_) tiering_->set({.recache = TieringSettings::Recache::kFirstHit});
    connect();
  }
  ~Player() override {
    backend_.release(session_->output());
    release_held(0);
    session_.reset();
    device_.complete_all();
  }

  void advance(unsigned seconds) { clock_.now_s += seconds; }
  void start_afresh() {
    connect();
    if (options_.worst) fill();
    send("flush_all\r\n");
    matcher_.reset();
  }
  // True if the reply is the recorded one; otherwise `got` tells what came.
  bool ask(const TranscriptStep& step, std::string& got) {
    if (session_->closing()) connect();
    got = send(matcher_.fill_in(step.sent));
    release_held(kReplyHeldFor);
    if (options_.worst) backend_.engine().tick(clock_.now_s);
    if (options_.tier) move_all_to_tier();
    const bool good =
        matcher_.matches(step.expected, got, step.sent) && session_->closing() == step.closes;
    if (session_->closing()) got += "<closed>";
    return good;
  }

 private:
  static StoreOptions store_options(const HashKey& hash_key, Tiering* tiering) {
    StoreOptions options;
    options.memory_limit = kLimitBytes;
    options.hash_key = hash_key;
    options.observer = tiering;
    return options;
  }
  static TieringOptions tiering_options(const HashKey& hash_key) {
    TieringOptions options;
    options.part = {0, kDeviceBytes};
    options.region_bytes = kRegionBytes;
    options.hash_key = hash_key;
    return options;
  }

  void wake(LateToken token) override { woken_.push_back(token); }

  // As if the store had evicted each of them.
  void move_all_to_tier() {
    std::vector<std::string> names;
    for (std::uint64_t cursor = 0;;) {
      cursor = store_.scan(cursor, 1000, limits::kScanRecords, clock_.now_s, [&](ItemView item) {
        names.emplace_back(item.key());
        tiering_->evicting(item, Store::hash(item.key(), hash_key_));
      });
      if (cursor == 0) break;
    }
    for (const std::string& name : names) {
      const Key key{name, Store::hash(name, hash_key_)};
      if (tiering_->may_hold(key.hash)) store_.remove(store_.find(key, clock_.now_s).item);
    }
    backend_.engine().tick(clock_.now_s);
  }

  // With what the flush that follows hides, so that the memory comes back bit by bit.
  void fill() {
    for (int i = 0; i < 300; ++i) {
      send("set fill" + std::to_string(i) + " 0 0 60000 noreply\r\n" + std::string(60'000, 'f') +
           "\r\n");
    }
  }

  void connect() {
    if (session_) backend_.release(session_->output());
    SessionOptions session_options;
    if (options_.worst) session_options.output_limits = {1, 1};
    session_ = std::make_unique<Session>(backend_, clock_, session_options, this);
    woken_.clear();
  }

  std::string drain() {
    std::string bytes;
    session_->output().for_each_span([&](std::string_view span) { bytes.append(span); });
    if (options_.worst && session_->output().has_pins()) {
      held_.push_back(std::move(session_->output()));
    } else {
      backend_.release(session_->output());
    }
    session_->output().clear();
    return bytes;
  }

  // Replies that somebody takes slowly.
  void release_held(std::size_t most) {
    for (; held_.size() > most; held_.erase(held_.begin())) backend_.release(held_.front());
  }

  std::string send(std::string_view bytes) {
    std::string reply;
    while (!bytes.empty()) {
      bytes.remove_prefix(options_.fragment ? feed_some(bytes) : feed_all(bytes));
      reply += drain();
      while (go_on()) reply += drain();
    }
    return reply;
  }
  // False: there is nothing to do.
  bool go_on() {
    if (session_->wants_turn()) {
      session_->resume();
    } else if (!woken_.empty()) {
      const LateToken token = woken_.front();
      woken_.pop_front();
      session_->resume(token);
    } else if (device_.pending() != 0) {
      device_.complete(random_.below(device_.pending()));
    } else {
      return false;
    }
    return true;
  }

  std::size_t feed_all(std::string_view bytes) {
    session_->feed(bytes);
    return bytes.size();
  }

  // Short pieces mostly; long ones now and then, so that large values end some time.
  std::size_t feed_some(std::string_view bytes) {
    const std::size_t most = random_.below(4) == 0 ? bytes.size() : 9;
    const std::size_t count = 1 + random_.below(std::min(most, bytes.size()));
    const std::span<char> window = session_->upload_window();
    if (!window.empty() && random_.below(2) == 0) {
      const std::size_t filled =
          std::min({count + random_.below(20000), window.size(), bytes.size()});
      std::memcpy(window.data(), bytes.data(), filled);
      session_->upload_received(filled);
      return filled;
    }
    session_->feed(bytes.substr(0, count));
    return count;
  }

  const Options& options_;
  Random random_;
  Clock clock_;
  FaultyDevice device_{kDeviceBytes};
  TestMemory memory_{0, 4096};
  HashKey hash_key_;
  std::unique_ptr<Tiering> tiering_;
  Store store_;
  SingleBackend backend_;
  std::unique_ptr<Session> session_;
  std::deque<LateToken> woken_;
  std::vector<Output> held_;
  ReplyMatcher matcher_;
};

struct Score {
  int passed = 0;
  int failed = 0;
  int different = 0;  // and expected to be
};

void report(const std::string& file, const TranscriptStep& step, const std::string& got) {
  const std::string expected = escaped(step.expected) + (step.closes ? "<closed>" : "");
  std::printf("%s:%d: > %.300s\n  expected %.600s\n  got      %.600s\n", file.c_str(), step.line,
              escaped(step.sent).c_str(), expected.c_str(), escaped(got).c_str());
}

// `delete <key> <words>`: recordings of 1.6.45, which ignores what follows the key; we answer
// as 1.6.18 does (protocol/parser.cc). Everything else must be as recorded.
std::string expected_reply(const TranscriptStep& step) {
  if (step.sent == "delete a 5\r\n") {
    return "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n";
  }
  if (step.sent == "delete a b c d e\r\n") return "ERROR\r\n";
  return step.expected;
}

void play(const std::string& file, const Options& options, Score& score) {
  std::vector<TranscriptStep> steps;
  std::string error;
  if (!read_transcript(file, steps, error)) {
    std::printf("%s\n", error.c_str());
    ++score.failed;
    return;
  }
  Player player(options, options.seed);
  for (TranscriptStep& step : steps) {
    step.expected = expected_reply(step);
    std::string got;
    switch (step.kind) {
      case TranscriptStep::Kind::kFresh: player.start_afresh(); break;
      case TranscriptStep::Kind::kAdvance: player.advance(step.advance_s); break;
      case TranscriptStep::Kind::kAsk:
        if (player.ask(step, got)) {
          ++score.passed;
        } else if (options.tier && differs_on_tier(step.sent)) {
          ++score.different;
        } else {
          ++score.failed;
          report(file, step, got);
        }
        break;
    }
  }
}

bool parse_arguments(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--fragment") {
      options.fragment = true;
    } else if (argument == "--worst") {
      options.worst = true;
    } else if (argument == "--tier") {
      options.tier = true;
    } else if (argument == "--seed" && i + 1 < argc) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument.rfind("--", 0) == 0) {
      return false;
    } else {
      options.files.push_back(argument);
    }
  }
  return !options.files.empty();
}

}  // namespace
}  // namespace isocache

int main(int argc, char** argv) {
  isocache::Options options;
  if (!isocache::parse_arguments(argc, argv, options)) {
    std::fprintf(
        stderr, "usage: isocache_transcripts [--fragment] [--worst] [--tier] [--seed N] FILE...\n");
    return 2;
  }
  isocache::Score score;
  for (const std::string& file : options.files) isocache::play(file, options, score);
  if (options.fragment) std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  if (options.tier) std::printf("%d different, as listed\n", score.different);
  std::printf("%d passed, %d failed\n", score.passed, score.failed);
  return score.failed == 0 ? 0 : 1;
}
