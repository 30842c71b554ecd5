// What the log asks of its owner, who knows where each key's newest record is (TierIndex).
#pragma once

#include <cstdint>
#include <string_view>

#include "tier/record_format.h"

namespace isocache::tier {

// What should become of a record whose region is cleaned.
enum class Fate : std::uint8_t {
  kDead,  // the index does not point at it
  kDrop,  // the index points at it, and need not
  kKeep,  // it should be written again
};

// The log calls these only from PageLog::step().
class LogOwner {
 public:
  virtual std::uint64_t hash_of(std::string_view key) = 0;
  // `position`: PageLog::position().
  virtual Fate fate(std::string_view key, std::uint64_t hash, Location location,
                    std::uint64_t position) = 0;
  // The record was written again. The index must point at the new place, or the record is lost.
  virtual void moved(std::uint64_t hash, Location from, Location to, LengthCode length) = 0;
  // The record is gone. The index must not point at it any more.
  virtual void dropped(std::uint64_t hash, Location location) = 0;
  // Removes everything from the index that points into [first, end), in bounded steps. True: done.
  // The log begins another sweep only when this one is done, or after PageLog::flush().
  virtual bool sweep(Location first, Location end) = 0;

 protected:
  ~LogOwner() = default;
};

}  // namespace isocache::tier
