// A device in memory that is as bad as a real one can be. It fails, loses, tears and misdirects
// writes, fails reads, and ends operations late, in any order, or never.
//
// What it reads and writes lies in blocks of the ordinary heap that are just large enough, so
// sanitizers see a read behind the end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "support/random.h"
#include "tier/device.h"

namespace isocache {

class FaultyDevice final : public Device {
 public:
  enum class Fault : std::uint8_t {
    kNone,
    kFail,         // no effect, and it says so
    kFailHalfway,  // the first half is written, and it says so
    kLose,         // no effect, and it says that all went well
    kTear,         // the first half is written, and it says that all went well
    kMisdirect,    // written somewhere else, and it says that all went well
  };
  // How often what happens: one operation in so many. 0: never.
  struct Rates {
    std::uint32_t fail_write = 0;
    std::uint32_t lose = 0;
    std::uint32_t tear = 0;
    std::uint32_t misdirect = 0;
    std::uint32_t fail_read = 0;
    std::uint32_t flip = 0;    // a bit of what is read
    std::uint32_t refuse = 0;  // fails within the call
  };

  explicit FaultyDevice(std::size_t bytes, std::size_t alignment = kBlockBytes)
      : bytes_(bytes, kOldContent), alignment_(alignment) {}
  FaultyDevice(const FaultyDevice&) = delete;
  FaultyDevice& operator=(const FaultyDevice&) = delete;
  ~FaultyDevice() override {
    if (!pending_.empty() || reads_ != 0) std::abort();  // somebody would be called, or leaks
  }

  // --- what happens -------------------------------------------------------------------------

  // Operations stay pending until complete().
  void set_delayed(bool delayed) { delayed_ = delayed; }
  void set_rates(const Rates& rates, std::uint32_t seed) {
    rates_ = rates;
    random_ = Random(seed);
  }
  // For the next writes, instead of what the rates say.
  void fail_writes(Fault fault, unsigned count = 1) {
    next_fault_ = fault;
    faults_ = count;
  }
  void fail_reads(unsigned count) { failing_reads_ = count; }
  // It has memory for so many reads, until they are released; and refuses others.
  void set_most_reads(std::size_t reads) { most_reads_ = reads; }
  std::size_t pending() const { return pending_.size(); }
  bool is_read(std::size_t n) const { return pending_[n].read != nullptr; }
  // Ends the nth of the pending operations.
  void complete(std::size_t n = 0) {
    const Operation operation = pending_[n];
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(n));
    operation.io->on_done(run(operation));
  }
  void complete_all() {
    while (!pending_.empty()) complete();
  }
  std::vector<std::byte>& bytes() { return bytes_; }
  std::size_t writes() const { return writes_; }
  std::size_t reads_held() const { return reads_; }

  // --- Device -------------------------------------------------------------------------------

  std::uint64_t size_bytes() const override { return bytes_.size(); }
  std::size_t alignment() const override { return alignment_; }
  IoStatus begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) override {
    return begin({.io = &read, .read = &read, .offset = offset, .bytes = bytes});
  }
  void release(DeviceRead& read) override {
    if (data_of(read).empty()) std::abort();
    std::free(data_of(read).data());
    data_of(read) = {};
    --reads_;
  }
  IoStatus begin_write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                       DeviceIo& io) override {
    ++writes_;
    Operation write{.io = &io, .offset = offset, .parts = {parts.begin(), parts.end()}};
    for (const std::span<const std::byte> part : parts) {
      if (reinterpret_cast<std::uintptr_t>(part.data()) % alignment_ != 0) std::abort();
      write.bytes += part.size();
    }
    return begin(write);
  }

 private:
  static constexpr std::byte kOldContent{0x5a};

  struct Operation {
    DeviceIo* io = nullptr;
    DeviceRead* read = nullptr;  // null: a write
    std::uint64_t offset = 0;
    std::size_t bytes = 0;
    std::vector<std::span<const std::byte>> parts{};
  };

  bool happens(std::uint32_t rate) { return rate != 0 && random_.one_in(rate); }

  IoStatus begin(const Operation& operation) {
    if (operation.offset % alignment_ != 0 || operation.bytes % alignment_ != 0) std::abort();
    if (operation.bytes == 0 || operation.offset + operation.bytes > bytes_.size()) std::abort();
    if (happens(rates_.refuse)) return IoStatus::kFailed;
    if (operation.read != nullptr && reads_ + pending_reads() >= most_reads_) {
      return IoStatus::kFailed;
    }
    if (!delayed_) {
      if (run(operation)) return IoStatus::kDone;
      return operation.read != nullptr ? IoStatus::kReadFailed : IoStatus::kFailed;
    }
    pending_.push_back(operation);
    return IoStatus::kPending;
  }

  std::size_t pending_reads() const {
    return static_cast<std::size_t>(
        std::count_if(pending_.begin(), pending_.end(),
                      [](const Operation& operation) { return operation.read != nullptr; }));
  }

  bool run(const Operation& operation) {
    return operation.read != nullptr ? run_read(operation) : run_write(operation);
  }

  bool run_read(const Operation& operation) {
    const bool forced = failing_reads_ > 0;
    failing_reads_ -= forced ? 1 : 0;
    if (forced || happens(rates_.fail_read)) return false;
    auto* copy = static_cast<std::byte*>(std::malloc(operation.bytes));
    std::memcpy(copy, bytes_.data() + operation.offset, operation.bytes);
    if (happens(rates_.flip)) {
      copy[random_.below(operation.bytes)] ^= std::byte{1} << random_.below(8);
    }
    data_of(*operation.read) = {copy, operation.bytes};
    ++reads_;
    return true;
  }

  Fault fault_of_write() {
    if (faults_ > 0) {
      --faults_;
      return next_fault_;
    }
    if (happens(rates_.fail_write)) {
      return random_.one_in(2) ? Fault::kFail : Fault::kFailHalfway;
    }
    if (happens(rates_.lose)) return Fault::kLose;
    if (happens(rates_.tear)) return Fault::kTear;
    if (happens(rates_.misdirect)) return Fault::kMisdirect;
    return Fault::kNone;
  }

  bool run_write(const Operation& operation) {
    const Fault fault = fault_of_write();
    std::uint64_t at = operation.offset;
    std::size_t left = operation.bytes;
    if (fault == Fault::kFail || fault == Fault::kLose) left = 0;
    if (fault == Fault::kFailHalfway || fault == Fault::kTear) {
      left = left / 2 / alignment_ * alignment_;
    }
    if (fault == Fault::kMisdirect) {
      at = random_.below((bytes_.size() - operation.bytes) / alignment_ + 1) * alignment_;
    }
    for (const std::span<const std::byte> part : operation.parts) {
      const std::size_t size = std::min(left, part.size());
      std::memcpy(bytes_.data() + at, part.data(), size);
      at += size;
      left -= size;
    }
    return fault != Fault::kFail && fault != Fault::kFailHalfway;
  }

  std::vector<std::byte> bytes_;
  std::size_t alignment_;
  bool delayed_ = false;
  Rates rates_;
  Random random_{1};
  Fault next_fault_ = Fault::kNone;
  unsigned faults_ = 0;
  unsigned failing_reads_ = 0;
  std::size_t most_reads_ = ~std::size_t{0};
  std::vector<Operation> pending_;
  std::size_t writes_ = 0;
  std::size_t reads_ = 0;
};

}  // namespace isocache
