// Lists what lies on one shard's tier, for dumps: the keys are on the device, so it reads the log
// page by page, from the oldest region to where the log ended when the listing began.
//
//   list() -> one page in memory, or read from the device -> RecordWalk -> 32 records -> visitor
//
// A record is listed if the index points at it, and the store does not have the key: then the dump
// has listed the item from memory. Regions may be cleaned meanwhile. What is left of them, and what
// is moved to the log's end, may be left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "command/cold_tier.h"
#include "command/late.h"
#include "command/listed_item.h"
#include "store/store.h"
#include "tier/device.h"
#include "tier/page_log.h"
#include "tier/record_walk.h"
#include "tier/tier_index.h"

namespace isocache {

class TierListings;

// Where one dump is. It lives until nobody wants it and its read has ended.
class TierListing final : public DeviceRead {
 public:
  explicit TierListing(TierListings& owner);
  ~TierListing() override;
  void on_done(bool succeeded) noexcept override;

 private:
  friend class TierListings;
  enum class State : std::uint8_t {
    kNoPage,
    kWaiting,  // for a page of another listing
    kReading,
    kRead,
  };

  ListNext step(UnixSeconds now_s, ItemVisitor& visitor, Waker* waker);
  bool find_page();
  bool is_readable() const;
  void next_region();
  ListNext begin_read(Waker* waker);
  ListNext visit(const tier::LogPage& page, UnixSeconds now_s, ItemVisitor& visitor);
  void visit(const tier::WalkedRecord& record, UnixSeconds now_s, ItemVisitor& visitor);
  void end_page();
  void let_go();

  TierListings& owner_;
  State state_ = State::kNoPage;
  bool is_wanted_ = true;
  Waker* waker_ = nullptr;  // of whoever waits for the read, or to begin it

  // What there was when the listing began.
  std::uint64_t end_sequence_;  // regions from this one on are newer
  tier::RegionId last_region_;  // was open; kNoRegion: none was
  tier::Place end_place_ = 0;   // of its records

  tier::RegionId region_;
  tier::RegionId regions_left_;       // this one and those behind it
  std::uint64_t first_sequence_ = 0;  // of the region, when it was begun
  bool in_region_ = false;
  std::uint32_t page_ = 0;
  unsigned refusals_ = 0;  // by the device, in a row
  tier::RecordWalk walk_;
};

class TierListings {
 public:
  // REQUIRES: all outlive it.
  TierListings(Device& device, const HashKey& hash_key) : device_(device), hash_key_(hash_key) {}
  void attach(Store& store, tier::PageLog& log, TierIndex& index, std::uint64_t first_page) {
    store_ = &store;
    log_ = &log;
    index_ = &index;
    first_page_ = first_page;
  }

  // As ColdTier's functions of these names.
  ListNext list(TierListing*& listing, UnixSeconds now_s, ItemVisitor& visitor, Waker* waker);
  void end_listing(TierListing* listing);
  // No read is in flight.
  bool idle() const;

 private:
  friend class TierListing;
  void destroy(TierListing& listing);
  bool may_read() const;
  void wake_one();

  Device& device_;
  HashKey hash_key_;
  Store* store_ = nullptr;
  tier::PageLog* log_ = nullptr;
  TierIndex* index_ = nullptr;
  std::uint64_t first_page_ = 0;  // the number of this shard's first region
  std::vector<std::unique_ptr<TierListing>> listings_;
};

}  // namespace isocache
