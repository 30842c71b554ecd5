// Any bytes over a session: nothing crashes, leaks, hangs or answers without bound, and the store
// stays consistent. The reply does not depend on how the bytes were cut into pieces.
//
//   byte 0: bit 0 clock jumps and background steps, bit 1 a second session that takes turns,
//           bit 2 a tiny store, full, that evicts, bit 3 no eviction (-M), bit 4 compare with a run
//           in one piece, bit 5 the worst case: a weak hash, and a memory source that refuses
//           every other call, bit 6 what a tiny store evicts goes to a device, bit 7 which is late,
//           and fails now and then
//   byte 1-2: seed for the pieces, jumps and turns
//   the rest: what the client sends
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "command/single_backend.h"
#include "command/tiering/tiering.h"
#include "session/session.h"
#include "store/store.h"
#include "support/faulty_device.h"
#include "support/test_memory.h"

namespace {

using namespace isocache;

constexpr UnixSeconds kStart_s = 1'700'000'000;
constexpr std::size_t kHeadBytes = 3;
constexpr std::size_t kTinyStoreBytes = 1U << 20;
constexpr std::size_t kStoreBytes = 4U << 20;
constexpr unsigned kFillItems = 120;  // 1.2 MB
constexpr std::size_t kDeviceBytes = 1U << 20;
constexpr std::size_t kRegionBytes = 256U << 10;
constexpr std::size_t kDeviceAlignment = 4096;
constexpr FaultyDevice::Rates kFaults = {.fail_write = 40,
                                         .lose = 8,
                                         .tear = 8,
                                         .misdirect = 8,
                                         .fail_read = 8,
                                         .flip = 4,
                                         .refuse = 16};
constexpr std::size_t kMaxItemBytes = 256U << 10;
// Above the output limit, a session may finish the reply that it has begun, with a value of the
// largest size.
constexpr std::size_t kMostOutputBytes = limits::kDefaultOutputBytes + kMaxItemBytes + 4096;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "session_fuzz: %s\n", what);
  std::abort();
}

struct Case {
  bool jumps = false;
  bool two_sessions = false;
  bool tiny = false;
  bool evict = true;
  bool compare = false;
  bool worst = false;
  bool tier = false;
  bool late = false;
  std::uint32_t seed = 0;
  std::string_view bytes;
};

Case parse(const std::uint8_t* data, std::size_t size) {
  Case parsed;
  if (size < kHeadBytes) return parsed;
  parsed.jumps = (data[0] & 1U) != 0;
  parsed.two_sessions = (data[0] & 2U) != 0;
  parsed.tiny = (data[0] & 4U) != 0;
  parsed.evict = (data[0] & 8U) == 0;
  parsed.compare = (data[0] & 16U) != 0;
  parsed.worst = (data[0] & 32U) != 0;
  parsed.tier = (data[0] & 64U) != 0;
  parsed.late = (data[0] & 128U) != 0;
  parsed.seed = data[1] * 256U + data[2];
  parsed.bytes = {reinterpret_cast<const char*>(data) + kHeadBytes, size - kHeadBytes};
  return parsed;
}

// Two replies may depend on the pieces: a line without an end after 2,048 bytes closes the
// connection unless its end has come by then, and `stats` tells how often a session yielded.
bool pieces_matter(std::string_view bytes) {
  if (bytes.find("stats") != std::string_view::npos) return true;
  if (bytes.find("\x80\x10") != std::string_view::npos) return true;  // binary: stat
  std::size_t line_bytes = 0;
  for (const char byte : bytes) {
    line_bytes = byte == '\n' ? 0 : line_bytes + 1;
    if (line_bytes > limits::kMaxCommandLineBytes) return true;
  }
  return false;
}

struct Connection : Waker {
  void wake(LateToken token) override { woken.push_back(token); }
  std::unique_ptr<Session> session;
  std::deque<LateToken> woken;
};

class World {
 public:
  explicit World(const Case& what)
      : what_(what),
        device_(what.tier ? kDeviceBytes : 0),
        options_{.memory_limit = what.tiny ? kTinyStoreBytes : kStoreBytes,
                 .max_item_size = kMaxItemBytes,
                 .hash_key = what.worst ? weak_hash_key(1) : hash_key_of(1),
                 .evict = what.evict},
        tiering_(what.tier ? std::make_unique<Tiering>(device_, tiering_options()) : nullptr),
        memory_(what.worst ? 2 : 0, kDeviceAlignment),
        store_(with_observer(options_, tiering_.get()), memory_),
        backend_(store_, settings(), options_.hash_key, kStart_s, false, tiering_.get()),
        clock_{kStart_s},
        state_(what.seed * 2654435761U + 1) {
    device_.set_delayed(what.late);
    if (what.late) device_.set_rates(kFaults, what.seed);
    if (what.tiny) fill();
    open(0);
    open(1);
  }

  ~World() {
    for (Connection& connection : connections_) connection.session.reset();
    device_.complete_all();
  }

  // Feeds everything. Returns the first session's reply.
  std::string run(bool in_pieces) {
    for (std::string_view rest = what_.bytes; !rest.empty();) {
      const std::size_t piece =
          in_pieces ? std::min<std::size_t>(rest.size(), piece_size()) : rest.size();
      const unsigned which = what_.two_sessions && in_pieces ? random() % 2 : 0;
      give(which, rest.substr(0, piece));
      if (what_.compare && connections_[which].session->closing())
        break;  // the rest was never read
      rest.remove_prefix(piece);
      if (connections_[which].session->closing()) open(which);
      if (what_.jumps && in_pieces) disturb(which);
    }
    // clients that disconnect in the middle of a command
    for (Connection& connection : connections_) connection.session.reset();
    device_.complete_all();
    require(tiering_ == nullptr || tiering_->idle(), "the device has nothing to do, the tier has");
    const char* broken = store_.broken_invariant();
    require(broken == nullptr, broken == nullptr ? "" : broken);
    const bool may_raise_limit = what_.bytes.find("cache_memlimit") != std::string::npos;
    require(may_raise_limit || store_.memory_use().segment_bytes <= options_.memory_limit,
            "more memory than allowed");
    return std::move(reply_);
  }

 private:
  static Settings settings() {
    Settings settings;
    settings.shutdown_enabled = true;
    settings.max_item_bytes = kMaxItemBytes;
    return settings;
  }

  TieringOptions tiering_options() const {
    TieringOptions options;
    options.part = {0, kDeviceBytes};
    options.region_bytes = kRegionBytes;
    options.hash_key = options_.hash_key;
    options.max_reads = 2;
    return options;
  }
  static StoreOptions with_observer(StoreOptions options, Tiering* tiering) {
    options.observer = tiering;
    return options;
  }

  // Stores items of several sizes until the store has no room left.
  void fill() {
    open(0);
    for (unsigned i = 0; i < kFillItems; ++i) {
      const std::size_t length = i % 4 == 0 ? 40'000 : i * 3;
      give(0, "set fill" + std::to_string(i) + " 0 0 " + std::to_string(length) + " noreply\r\n" +
                  std::string(length, 'f') + "\r\n");
    }
  }

  std::uint32_t random() {
    state_ = state_ * 1664525U + 1013904223U;
    return state_ >> 8U;
  }
  std::size_t piece_size() {
    switch (random() % 4) {
      case 0: return 1;
      case 1: return 1 + random() % 8;
      case 2: return 1 + random() % 100;
      default: return 1 + random() % 5000;
    }
  }

  void open(unsigned which) {
    Connection& connection = connections_[which];
    connection.session.reset();
    connection.woken.clear();
    connection.session = std::make_unique<Session>(
        backend_, clock_, SessionOptions{.requests_per_turn = 8}, &connection);
  }

  void give(unsigned which, std::string_view bytes) {
    Session& session = *connections_[which].session;
    while (!bytes.empty() && !session.closing()) {
      std::size_t taken = bytes.size();
      const std::span<char> window = session.upload_window();
      if (!window.empty() && random() % 2 == 0) {
        taken = std::min(taken, window.size());
        std::memcpy(window.data(), bytes.data(), taken);
        session.upload_received(taken);
      } else {
        session.feed(bytes);
      }
      drain(which);
      bytes.remove_prefix(taken);
    }
  }

  void drain(unsigned which) {
    Session& session = *connections_[which].session;
    take_output(which);
    while (session.wants_turn() || !connections_[which].woken.empty()) {
      std::deque<LateToken>& woken = connections_[which].woken;
      if (woken.empty()) {
        session.resume();
      } else {
        const LateToken token = woken.front();
        woken.pop_front();
        session.resume(token);
      }
      take_output(which);
    }
    if (device_.pending() != 0 && random() % 2 == 0) {
      device_.complete(random() % device_.pending());
    }
    if (what_.late && random() % 16 == 0) session.give_up_late();
  }

  void take_output(unsigned which) {
    Output& output = connections_[which].session->output();
    require(output.size() <= kMostOutputBytes, "an answer without bound");
    output.for_each_span([&](std::string_view span) {
      checksum_ +=
          static_cast<unsigned char>(span.empty() ? '\0' : span.back());  // touches what is sent
      if (which == 0 && what_.compare) reply_ += span;
    });
    backend_.release(output);
    output.clear();
  }

  void disturb(unsigned which) {
    switch (random() % 12) {
      case 0: clock_.now_s += random() % 100; break;
      case 1: clock_.now_s += 1; break;
      case 2:
      case 3: backend_.engine().tick(clock_.now_s); break;
      case 4:
        if (random() % 8 == 0) open(which);
        break;  // disconnects
      default: break;
    }
  }

  const Case& what_;
  FaultyDevice device_;
  StoreOptions options_;
  std::unique_ptr<Tiering> tiering_;
  TestMemory memory_;
  Store store_;
  SingleBackend backend_;
  Clock clock_;
  Connection connections_[2];
  std::string reply_;
  std::uint32_t state_;
  unsigned checksum_ = 0;
};

}  // namespace

// No header of libFuzzer declares it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Case parsed = parse(data, size);
  if (parsed.tier) parsed.compare = false;  // what is evicted, and fails, depends on the pieces
  if (parsed.compare) parsed.jumps = parsed.two_sessions = parsed.tiny = false;
  const std::string cut = World(parsed).run(true);
  if (parsed.compare && !pieces_matter(parsed.bytes)) {
    require(World(parsed).run(false) == cut, "the pieces changed the answer");
  }
  return 0;
}
