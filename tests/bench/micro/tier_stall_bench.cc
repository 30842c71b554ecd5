// The longest time for which a shard's lock is held, with a tier whose regions are cleaned: a small
// command, a piece of a large value, the end of a read or a write, or a step of background work.
#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/micro/micro.h"
#include "bench/micro/repeated.h"
#include "command/late.h"
#include "command/settings.h"
#include "command/single_backend.h"
#include "command/tiering/tiering.h"
#include "session/session.h"
#include "tier/device.h"

namespace isocache::bench {
namespace {

constexpr std::size_t kPieceBytes = 64U << 10;
constexpr std::size_t kLargeBytes = 1'000'000;
constexpr std::size_t kSmallBytes = 500;
constexpr std::size_t kTinyBytes = 20;
// One operation in so many is a step of background work.
constexpr std::size_t kStepEvery = 32;
constexpr std::size_t kRecordBytes = 32;  // the header

struct Plan {
  std::size_t memory_bytes = 0;
  std::size_t device_bytes = 0;
  std::size_t region_bytes = 0;
};

using Nanoseconds = std::chrono::nanoseconds;

// A device in memory that does its work as a real one does: while nobody waits for it. What is
// measured is the call that tells the tier.
class LateDevice final : public Device {
 public:
  explicit LateDevice(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::uint64_t size_bytes() const override { return bytes_.size(); }
  std::size_t alignment() const override { return kBlockBytes; }
  IoStatus begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) override {
    pending_.push_back({&read, &read, offset, bytes, {}});
    return IoStatus::kPending;
  }
  IoStatus begin_write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                       DeviceIo& io) override {
    pending_.push_back({&io, nullptr, offset, 0, {parts.begin(), parts.end()}});
    return IoStatus::kPending;
  }
  void release(DeviceRead& read) override {
    delete[] data_of(read).data();
    data_of(read) = {};
  }

  bool idle() const { return pending_.empty(); }
  // Does the oldest operation. Returns whom to tell.
  DeviceIo& work() {
    const Operation done = std::move(pending_.front());
    pending_.pop_front();
    std::byte* at = bytes_.data() + done.offset;
    if (done.read != nullptr) {
      auto* const copy = new std::byte[done.bytes];
      data_of(*done.read) = {std::copy_n(at, done.bytes, copy) - done.bytes, done.bytes};
    }
    for (const std::span<const std::byte> part : done.parts) at = std::ranges::copy(part, at).out;
    return *done.io;
  }

 private:
  struct Operation {
    DeviceIo* io = nullptr;
    DeviceRead* read = nullptr;
    std::uint64_t offset = 0;
    std::size_t bytes = 0;
    std::vector<std::span<const std::byte>> parts;
  };
  std::span<std::byte> bytes_;
  std::deque<Operation> pending_;
};

// One connection of a shard with a tier.
class TieredClient : Waker {
 public:
  // `bytes`: of the device, all of it touched.
  TieredClient(const Plan& plan, std::vector<std::byte>& bytes)
      : device_(std::span(bytes).first(plan.device_bytes)),
        tiering_(device_, tiering_options(plan)),
        store_(store_options(plan, tiering_), memory_),
        backend_(store_, settings(), hash_key(), FilledStore::kNow_s, false, &tiering_),
        session_(backend_, clock_, SessionOptions{}, this) {
    clock_.now_s = FilledStore::kNow_s;
  }
  ~TieredClient() override { end_all(); }

  // Each returns the longest time for which one call held the shard: its own, or that of one of the
  // calls that it brings about.
  Nanoseconds send(std::string_view bytes) {
    Nanoseconds longest = take_turn([&] { session_.feed(bytes); });
    while (session_.wants_turn()) {
      longest = std::max(longest, take_turn([&] { session_.resume(); }));
    }
    return std::max(longest, end_all());
  }
  Nanoseconds step() {
    const Nanoseconds took = timed<ThreadClock>([&] { backend_.engine().tick(clock_.now_s); });
    return std::max(took, end_all());
  }
  TierFigures figures() const { return tiering_.figures(); }

  void wake(LateToken token) override { woken_.push_back(token); }

 private:
  template <typename Turn>
  Nanoseconds take_turn(Turn&& turn) {
    return timed<ThreadClock>([&] {
      turn();
      backend_.release(session_.output());
      session_.output().clear();
    });
  }
  Nanoseconds end_all() {
    Nanoseconds longest{0};
    while (!device_.idle() || !woken_.empty()) {
      if (woken_.empty()) {
        DeviceIo& io = device_.work();
        longest = std::max(longest, timed<ThreadClock>([&] { io.on_done(true); }));
        continue;
      }
      const LateToken token = woken_.front();
      woken_.pop_front();
      longest = std::max(longest, take_turn([&] { session_.resume(token); }));
    }
    return longest;
  }

  static HashKey hash_key() { return hash_key_of(0x1234567); }
  static Settings settings() {
    Settings settings;
    settings.ext_item_size = 0;
    return settings;
  }
  static TieringOptions tiering_options(const Plan& plan) {
    TieringOptions options;
    options.part = {0, plan.device_bytes};
    options.region_bytes = plan.region_bytes;
    options.hash_key = hash_key();
    options.admission.share = 1;
    return options;
  }
  static StoreOptions store_options(const Plan& plan, Tiering& tiering) {
    StoreOptions options;
    options.hash_key = hash_key();
    options.memory_limit = plan.memory_bytes;
    options.observer = &tiering;
    return options;
  }

  Clock clock_;
  LateDevice device_;
  Tiering tiering_;
  LazyMemory memory_;
  Store store_;
  SingleBackend backend_;
  Session session_;
  std::deque<LateToken> woken_;
};

std::size_t whole(std::size_t bytes, std::size_t unit) { return bytes / unit * unit; }

// What is written fills the device about three times, and the index can hold what is on it.
Plan plan_for(std::size_t written_bytes, std::size_t record_bytes) {
  Plan plan;
  plan.region_bytes =
      std::clamp(whole(written_bytes / 48, kPieceBytes), 4 * kPieceBytes, std::size_t{64} << 20U);
  plan.device_bytes = whole(std::max(written_bytes / 3, 4 * plan.region_bytes), plan.region_bytes);
  const std::size_t index_bytes = plan.device_bytes / record_bytes * 9;
  plan.memory_bytes = whole(std::max<std::size_t>(2 * index_bytes, 4U << 20), kPieceBytes);
  return plan;
}

void check_cleaned(const TieredClient& client) {
  const TierFigures figures = client.figures();
  require(figures.regions_cleaned > 4, "regions are cleaned");
  require(figures.records_kept > 0, "records are written again");
}

// Sets of new keys, and gets of which many are for keys on the tier. Some bring items back, and
// leave the others to be written again when their region is cleaned.
Stalls measure_small(std::size_t operations, std::size_t value_bytes) {
  const std::size_t record_bytes = kRecordBytes + kMicroKeyBytes + value_bytes;
  const Plan plan = plan_for(operations / 2 * record_bytes, record_bytes);
  std::vector<std::byte> bytes(plan.device_bytes);
  const std::string set_tail =
      " 0 0 " + std::to_string(value_bytes) + "\r\n" + std::string(value_bytes, 'v') + "\r\n";
  const std::size_t readable = std::max<std::size_t>(plan.device_bytes / record_bytes / 2, 1);
  Random random(1);
  std::vector<std::uint32_t> back(operations);
  for (std::uint32_t& distance : back)
    distance = static_cast<std::uint32_t>(random.below(readable));
  std::string request;
  return measure_repeated(
      operations, [&] { return std::make_unique<TieredClient>(plan, bytes); },
      [&](TieredClient& client, std::size_t i) {
        if (i % kStepEvery == 0) return client.step();
        KeyText text;
        const bool sets = i % 2 == 0;
        // Each key is asked for twice or never.
        const std::size_t number = sets ? i : (i - std::min<std::size_t>(i, back[i])) / 8 * 8;
        request.assign(sets ? "set " : "get ").append(write_key(text, number));
        return client.send(request.append(sets ? std::string_view(set_tail) : "\r\n"));
      },
      check_cleaned);
}

}  // namespace

Stalls stalls_tier(std::size_t items) { return measure_small(items, kSmallBytes); }
Stalls stalls_tier_tiny(std::size_t items) { return measure_small(items, kTinyBytes); }

Stalls stalls_tier_large(std::size_t operations) {
  constexpr std::size_t kPieces = (kLargeBytes + kPieceBytes - 1) / kPieceBytes;
  constexpr std::size_t kRound = kPieces + 4;  // operations: the pieces, two gets, a set, a step
  Plan plan = plan_for(operations / kRound * kLargeBytes, kLargeBytes);
  plan.region_bytes = std::max<std::size_t>(plan.region_bytes, 4U << 20);
  plan.device_bytes = whole(std::max(plan.device_bytes, 4 * plan.region_bytes), plan.region_bytes);
  plan.memory_bytes = 32U << 20;
  std::vector<std::byte> bytes(plan.device_bytes);
  const std::string value(kLargeBytes, 'v');
  const std::size_t on_device = plan.device_bytes / kLargeBytes;
  std::string request;
  return measure_repeated(
      operations, [&] { return std::make_unique<TieredClient>(plan, bytes); },
      [&](TieredClient& client, std::size_t i) {
        KeyText text;
        const std::size_t number = i / kRound;
        const std::size_t piece = i % kRound;
        if (piece < kPieces) {
          request.clear();
          if (piece == 0) {
            request.append("set ").append(write_key(text, number)).append(" 0 0 1000000\r\n");
          }
          request.append(value, 0, std::min(kPieceBytes, kLargeBytes - piece * kPieceBytes));
          if (piece + 1 == kPieces) request.append("\r\n");
          return client.send(request);
        }
        if (piece == kPieces) return client.step();
        const std::size_t old = number - std::min(number, number % 7 * on_device / 8);
        request.assign("mg ")
            .append(write_key(text, old))
            .append(piece % 2 == 0 ? " s\r\n" : " t\r\n");
        return client.send(request);
      },
      check_cleaned);
}

}  // namespace isocache::bench
