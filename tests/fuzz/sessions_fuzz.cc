// Several clients of one store at once, in any order: uploads that stall, readers that take
// nothing, connections that end anywhere, a limit that changes, memory that runs out. Nothing
// crashes or answers without bound, and the store stays consistent. Memory that no client holds any
// longer comes back, and the last client never waits for those that have gone.
//
//   byte 0: bit 0 a full store, bit 1 no eviction (-M), bit 2 the worst case (a weak hash, and a
//           memory source that refuses every other call), bit 3 nobody waits for memory, bit 4 some
//           requests are late
//   then steps: a byte with the session (lower 3 bits) and what it does (upper 5, see step()), a
//   byte n, and for some steps n further bytes
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "command/single_backend.h"
#include "session/session.h"
#include "store/store.h"
#include "support/late_backend.h"
#include "support/test_memory.h"

namespace {

using namespace isocache;

constexpr UnixSeconds kStart_s = 1'700'000'000;
constexpr unsigned kSessions = 6;
constexpr std::size_t kStoreBytes = 3U << 20;
constexpr std::size_t kMaxItemBytes = 512U << 10;
constexpr unsigned kFillItems = 80;  // 3.2 MB
constexpr unsigned kLateIn = 3;      // of the requests, when some are late
constexpr unsigned kMostTicks = 10'000;
// One reply may exceed the limit.
constexpr std::size_t kMostOutputBytes = limits::kDefaultOutputBytes + kMaxItemBytes + 4096;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "sessions_fuzz: %s\n", what);
  std::abort();
}

// The rest of the input.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : bytes_(reinterpret_cast<const char*>(data), size) {}
  bool empty() const { return bytes_.empty(); }
  unsigned byte() {
    const std::string_view one = take(1);
    return one.empty() ? 0 : static_cast<unsigned char>(one.front());
  }
  std::string_view take(std::size_t count) {
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view bytes_;
};

class World {
 public:
  explicit World(unsigned mode)
      : waits_((mode & 8U) == 0),
        is_late_((mode & 16U) != 0),
        options_{.memory_limit = kStoreBytes,
                 .max_item_size = kMaxItemBytes,
                 .hash_key = (mode & 4U) != 0 ? weak_hash_key(1) : hash_key_of(1),
                 .evict = (mode & 2U) == 0,
                 .uploads_wait = waits_},
        memory_((mode & 4U) != 0 ? 2 : 0),
        store_(options_, memory_),
        backend_(store_, settings(), options_.hash_key, kStart_s, waits_),
        late_(backend_),
        clock_{kStart_s} {
    late_.suspends = [this](const Request&) { return is_late_ && ++suspendable_ % kLateIn == 0; };
    for (Client& client : clients_) open(client);
    if ((mode & 1U) != 0) fill();
  }

  void run(Input& input) {
    for (unsigned n = 0; !input.empty(); ++n) {
      step(input);
      if (n % 64 == 0) check();
    }
    check();
    end();
  }

 private:
  struct Client : Waker {
    std::unique_ptr<Session> session;
    std::vector<LateToken> woken;
    void wake(LateToken token) override { woken.push_back(token); }
    std::size_t owed = 0;  // bytes of a value, and its line end, that it has announced
  };

  static Settings settings() {
    Settings settings;
    settings.max_item_bytes = kMaxItemBytes;
    return settings;
  }

  void step(Input& input) {
    const unsigned head = input.byte();
    Client& client = clients_[head % 8 % kSessions];
    const unsigned n = input.byte();
    const std::string key = "k" + std::to_string(n % 8);
    switch (head / 8) {
      case 0: store_.set_memory_limit(kStoreBytes - n * (kStoreBytes / 512)); break;
      case 1: memory_.refuse_next(n % 8); break;
      case 2: clock_.now_s += n; break;
      case 3: give(client, "flush_all\r\n"); break;
      case 4: open(client); break;
      case 5: client.session->end_after_request(); break;
      case 6:
      case 7: backend_.engine().tick(clock_.now_s); break;
      case 8:
      case 9: give(client, "delete " + key + "\r\n"); break;
      case 10:
      case 11:
      case 12:
        give(client, line_of("set", key, 300 * n) + std::string(300 * n, 's') + "\r\n");
        break;
      case 13: announce(client, "append", key, n); break;
      case 14:
      case 15:
      case 16:
      case 17: announce(client, "set", key, n); break;
      case 18:
      case 19:
      case 20:
      case 21: give_value(client, (n + 1) * 1024); break;
      case 22:
      case 23: give(client, "mg " + key + " s v\r\n"); break;
      case 24:
      case 25: {
        std::string line = "get";
        for (unsigned i = 0; i < n % 32 + 1; ++i) line += " k" + std::to_string((n + i) % 8);
        give(client, line + "\r\n");
        break;
      }
      case 26:
      case 27: take_output(client); break;
      case 28:
        for (Client& each : clients_) go_on(each);
        break;
      case 29:
        if (is_late_) return complete_late(client, n);
        [[fallthrough]];
      default: give(client, input.take(n));
    }
  }

  // One of all late replies comes, and is finished, suspended once more, or given up.
  void complete_late(Client& client, unsigned n) {
    late_.again = static_cast<int>(n % 5 / 3);
    if (n % 16 == 15) {
      client.session->give_up_late();
    } else if (const std::vector<LateToken> open = late_.tokens(); !open.empty()) {
      late_.complete(open[n % open.size()]);
    }
    for (Client& each : clients_) finish_late(each);
  }

  void finish_late(Client& client) {
    for (const LateToken token : std::exchange(client.woken, {})) client.session->resume(token);
    look_at(client);
  }

  static std::string line_of(std::string_view verb, const std::string& key, std::size_t length) {
    return std::string(verb) + ' ' + key + " 0 0 " + std::to_string(length) + "\r\n";
  }

  // Sends the first line of a large value.
  void announce(Client& client, std::string_view verb, const std::string& key, unsigned n) {
    const std::size_t length = limits::kUploadBytes + n * std::size_t{2000};
    if (client.owed != 0) return give_value(client, length);
    if (give(client, line_of(verb, key, length))) client.owed = length + 2;
  }

  void give_value(Client& client, std::size_t most) {
    while (most != 0 && client.owed != 0) {
      std::size_t bytes = std::min(most, client.owed);
      const std::span<char> window = client.session->upload_window();
      if (!window.empty() && most % 2 == 0) {
        bytes = std::min(bytes, window.size());
        std::fill_n(window.begin(), bytes, 'u');
        client.session->upload_received(bytes);
        client.owed -= bytes;
      } else {
        std::string value(bytes, 'u');
        if (bytes == client.owed)
          value.replace(value.size() - std::min<std::size_t>(2, bytes), 2, "\r\n");
        if (!give(client, value)) return;
      }
      most -= bytes;
    }
  }

  // Behaves as a host: reads nothing while the client waits, or has not taken its replies.
  bool give(Client& client, std::string_view bytes) {
    Session& session = *client.session;
    if (!session.takes_input() || session.output().full()) {
      go_on(client);
      return false;
    }
    session.feed(bytes);
    client.owed -= std::min(client.owed, bytes.size());
    look_at(client);
    return true;
  }

  void go_on(Client& client) {
    Session& session = *client.session;
    if (session.output().full()) return;
    if (session.waiting() || session.wants_turn()) session.resume();
    look_at(client);
  }

  void look_at(Client& client) {
    // What was held behind a late reply joins what is there already.
    const std::size_t most = is_late_ ? 2 * kMostOutputBytes : kMostOutputBytes;
    require(client.session->output().size() <= most, "an answer without bound");
    require(client.session->late() <= limits::kMaxLateReplies, "too many late replies");
    if (client.session->closing()) open(client);
  }

  void open(Client& client) {
    if (client.session != nullptr) take_output(client);
    Backend& backend = is_late_ ? static_cast<Backend&>(late_) : backend_;
    client.session.reset();
    client.woken.clear();
    client.session =
        std::make_unique<Session>(backend, clock_, SessionOptions{.requests_per_turn = 8}, &client);
    client.owed = 0;
  }

  void take_output(Client& client) {
    Output& output = client.session->output();
    output.for_each_span([&](std::string_view span) {
      for (const char byte : span) checksum_ += static_cast<unsigned char>(byte);
    });
    backend_.release(output);
    output.clear();
  }

  void fill() {
    Client& client = clients_[0];
    for (unsigned i = 0; i < kFillItems; ++i) {
      const std::size_t length = i % 4 == 0 ? 150'000 : i * 40;
      client.session->feed(line_of("set", "k" + std::to_string(i), length) +
                           std::string(length, 'f') + "\r\n");
      for (int turns = 0; turns < 100 && client.session->wants_turn(); ++turns) {
        take_output(client);
        client.session->resume();
      }
    }
    take_output(client);
  }

  void check() const {
    const char* broken = store_.broken_invariant();
    require(broken == nullptr, broken == nullptr ? "" : broken);
    require(memory_.allocated_bytes() <= kStoreBytes, "more memory than allowed");
  }

  // The clients go one after the other; the last one is served.
  void end() {
    for (unsigned i = 0; i + 1 < kSessions; ++i) open(clients_[i]);
    Client& last = clients_[kSessions - 1];
    take_output(last);
    last.session->give_up_late();
    take_output(last);
    for (int turns = 0; turns < 1000 && (last.session->waiting() || last.session->wants_turn());
         ++turns) {
      const bool alone = last.session->waiting();
      last.session->resume();
      require(!alone || !last.session->waiting() || !last.session->output().empty(),
              "it waits, and nobody holds anything");
      take_output(last);
    }
    open(last);
    require(late_.open() == 0, "a late reply outlives its session");
    unsigned ticks = 0;
    while (store_.tick(clock_.now_s)) require(++ticks < kMostTicks, "background work without end");
    check();
    const MemoryUse use = store_.memory_use();
    require(use.pinned_segments == 0, "segments stay pinned");
    require(use.upload_bytes == 0 && use.uploads_waiting == 0, "uploads stay");
    require(store_.flushed_item_count() == 0, "flushed items stay");
    require(options_.evict || store_.counters().evictions == 0, "-M evicts");
    require(!options_.evict || use.segment_bytes <= use.limit, "more memory than the limit");
  }

  const bool waits_;
  const bool is_late_;
  StoreOptions options_;
  TestMemory memory_;
  Store store_;
  SingleBackend backend_;
  LateBackend<> late_;
  Clock clock_;
  Client clients_[kSessions];
  unsigned suspendable_ = 0;  // requests that could have been late
  unsigned checksum_ = 0;
};

}  // namespace

// No header of libFuzzer declares it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  World(input.byte()).run(input);
  return 0;
}
