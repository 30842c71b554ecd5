// Which of the items that leave RAM are written to the device. A write costs the device's life, and
// it pushes an older record out, so an item must be likely to be asked for again.
//
// Until the device is full for the first time, everything is admitted. From then on: items that were
// hit, items that came back after an eviction, and a share of the others. Among these are items
// that are asked for too rarely for RAM, but not too rarely for a device ten times as large.
//
// A write budget bounds all of it. First the share is made smaller, until what is written is below
// the budget. If this is not enough, nothing is admitted while the budget is overdrawn.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isocache {

// An item that leaves RAM.
struct AdmissionCandidate {
  bool was_hit = false;      // since it was stored
  bool ghost_knows = false;  // it was evicted before, and came back soon
  bool tier_is_full = false;
};

// Deterministic: all of its state is in it, and no clock is read.
class Admission {
 public:
  virtual ~Admission() = default;
  virtual bool admits(const AdmissionCandidate& candidate) = 0;
  // Bytes that were sent to the device, for whatever reason.
  virtual void on_written(std::uint64_t bytes) = 0;
  // The time in seconds, or in whatever unit the budget is given in. It never goes back.
  virtual void on_time(std::uint64_t now) = 0;
};

struct AdmissionOptions {
  double share = 0.1;                      // of the others, once the device was full; 0..1
  std::uint64_t bytes_each_time_unit = 0;  // the write budget; 0: none
  std::uint64_t seed = 1;                  // not 0
};

class ShareAdmission final : public Admission {
 public:
  explicit ShareAdmission(const AdmissionOptions& options);

  bool admits(const AdmissionCandidate& candidate) override;
  void on_written(std::uint64_t bytes) override;
  void on_time(std::uint64_t now) override;

  double share() const { return share_; }  // as steered

 private:
  bool has_budget() const { return options_.bytes_each_time_unit != 0; }
  double max_share() const { return was_full_ ? options_.share : 1; }
  void steer(std::uint64_t elapsed);
  std::uint64_t next_random();

  AdmissionOptions options_;
  double share_ = 1;
  double written_ = 0;    // since the last step of time
  double rate_ = 0;       // smoothed: bytes written in a unit of time
  double overdraft_ = 0;  // bytes written beyond the budget; below 0: what was saved
  std::uint64_t now_ = 0;
  bool has_time_ = false;
  bool was_full_ = false;
  std::uint64_t random_;
};

}  // namespace isocache
