// Which of the items that leave RAM are written to the device. A write costs the device's life, and
// it pushes an older record out, so an item must be likely to be asked for again.
//
// Until the device is full for the first time, or after it was emptied, everything is admitted.
// From then on: items that were hit, half of those that came back after an eviction, and a share of
// the others. Among these are items that are asked for too rarely for RAM, but not too rarely for a
// device ten times as large. Together with what is written again (kFrequencyToKeep of Tiering),
// these shares miss about as little as larger ones on recorded and made-up traces, and write less
// (native/docs/flash.md, "What is written").
//
// A write budget bounds all of it. First the share is made smaller, until what is written is below
// the budget. If this is not enough, what the budget has no room for is refused.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isocache {

struct AdmissionOptions {
  double share = 0.05;                     // of the others, once the device was full; 0..1
  std::uint64_t bytes_each_time_unit = 0;  // the write budget; 0: none
  std::uint64_t seed = 1;                  // not 0
};

// Deterministic: all of its state is in it, and it reads no clock.
class Admission {
 public:
  // An item that leaves RAM.
  struct Candidate {
    std::size_t bytes = 0;
    bool was_hit = false;      // since it was stored
    bool ghost_knows = false;  // it was evicted before, and came back soon
    bool tier_full = false;
  };

  explicit Admission(const AdmissionOptions& options = {});

  bool admits(const Candidate& candidate);
  // Bytes that were sent to the device, for whatever reason.
  void on_written(std::uint64_t bytes);
  // The time in seconds, or in whatever unit the budget is given in. It never goes back.
  void on_time(std::uint64_t now);

  // The device is empty again, so everything is admitted until it is full.
  void on_emptied();

  // The share of the others, from now on.
  void set_share(double share);
  double share() const { return share_; }  // as steered

 private:
  bool has_budget() const { return options_.bytes_each_time_unit != 0; }
  double max_share() const { return was_full_ ? options_.share : 1; }
  void steer(std::uint64_t elapsed);
  std::uint64_t next_random();

  AdmissionOptions options_;
  double share_ = 1;
  double written_ = 0;  // since the last step of time
  double rate_ = 0;     // smoothed: bytes written in a unit of time
  double overdraft_;    // bytes written beyond the budget; below 0: what was saved
  std::uint64_t now_ = 0;
  bool has_time_ = false;
  bool was_full_ = false;
  std::uint64_t random_;
};

}  // namespace isocache
