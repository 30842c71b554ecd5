// What one shard's tier and store have to do with each other. An item that the store evicts goes to
// the tier, if admission wants it; a key that the store lacks may have a record there.
//
//   store --evicting()--> admission -> log (core/tier/page_log.h) -> device
//                                       |
//                                     index (core/tier/tier_index.h): where each key's record is
//   engine --fetch()--> index -> log or device -> the record -> Engine executes the request
//
// The index has an entry exactly while ColdTier::may_hold() is true of the key; see there for the
// rule that it follows.
//
// Single-threaded, like engine and store: called under the shard's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"
#include "base/key.h"
#include "command/cold_tier.h"
#include "command/late.h"
#include "command/tiering/cold_reads.h"
#include "command/tiering/lent_pages.h"
#include "command/tiering/retry_delay.h"
#include "command/tiering/stall_watch.h"
#include "command/tiering/tier_figures.h"
#include "command/tiering/tier_listings.h"
#include "command/tiering/tiering_settings.h"
#include "store/store.h"
#include "tier/admission.h"
#include "tier/device.h"
#include "tier/page_log.h"
#include "tier/tier_index.h"

namespace isocache {

struct TieringOptions {
  tier::DevicePart part;
  std::size_t region_bytes = 64U << 20;
  HashKey hash_key;  // the store's
  std::uint16_t shard = 0;
  std::uint64_t epoch = 0;
  std::uint64_t first_sequence = 1;  // random in every run
  std::size_t max_reads = 64;        // in flight at one time
  std::size_t max_item_bytes = limits::kDefaultMaxItemBytes;
  AdmissionOptions admission;  // its budget is for a second
  bool retries = false;        // after failed writes, by itself: nobody calls retry()
};

class Tiering final : public ColdTier,
                      public EvictionObserver,
                      private tier::LogOwner,
                      private TierIndexObserver {
 public:
  // REQUIRES: `device` outlives it, and its operations end under the shard's lock.
  Tiering(Device& device, const TieringOptions& options);
  ~Tiering() override;
  Tiering(const Tiering&) = delete;
  Tiering& operator=(const Tiering&) = delete;

  // EvictionObserver
  bool evicting(const ItemView& item, std::uint64_t hash) noexcept override;

  // ColdTier
  void attach(Store& store) override;
  void set(const TieringSettings& settings) override;
  void on_time(UnixSeconds now_s) override;
  bool may_hold(std::uint64_t hash) const override { return static_cast<bool>(index_->find(hash)); }
  void forget(std::uint64_t hash) override;
  void flush() override;
  std::uint64_t begin_position() const override { return log_->begin_position(); }
  std::uint64_t end_position() const override { return log_->end_position(); }
  void stock_up() override;
  void keep_pace() override;
  bool step() override;
  Fetch fetch(const Key& key, UnixSeconds now_s, Waker* waker) override;
  Fetch fetch_again(LateToken token, const Key& key, UnixSeconds now_s, Waker* waker) override;
  LateToken token() const override { return token_; }
  void put_off(LateToken token) override;
  void abandon(LateToken token) override;
  bool may_answer() const override;
  ItemHeader* fetched_header() override;
  void note_answer(bool counts) override;
  bool bring_back(const Key& key, UnixSeconds now_s) override;
  void release() override;

  TierFigures figures() const override;
  void reset_counters() override;
  std::size_t list_regions(std::size_t first, std::span<TierRegion> rows) const override;
  ListNext list(TierListing*& listing, UnixSeconds now_s, ItemVisitor& visitor,
                Waker* waker) override {
    return listings_.list(listing, now_s, visitor, waker);
  }
  void end_listing(TierListing* listing) override { listings_.end_listing(listing); }

  // The largest item (key and value) that the tier of a store with this memory limit takes.
  static std::size_t largest_item_bytes(std::size_t memory_limit, std::size_t max_item_bytes,
                                        std::size_t region_bytes);
  TierHealth health() const;
  // Nothing is written, because too many writes have failed.
  bool off() const { return log_->off(); }
  // What has failed may be used again. To be called now and then after failed writes, unless
  // TieringOptions::retries is set.
  void retry() { log_->retry(); }
  // Nothing is in flight on the device, so it may be destroyed.
  bool idle() const { return log_->idle() && reads_.idle() && listings_.idle(); }

 private:
  // tier::LogOwner
  std::uint64_t hash_of(std::string_view key) override;
  tier::Fate fate(std::string_view key, std::uint64_t hash, tier::Location location,
                  std::uint64_t position) override;
  void moved(std::uint64_t hash, tier::Location from, tier::Location to,
             tier::LengthCode length) override;
  void dropped(std::uint64_t hash, tier::Location location) override;
  bool sweep(tier::Location first, tier::Location end) override;
  // TierIndexObserver
  void on_lost(const TierEntry& entry) override;

  bool is_wanted(const ItemView& item);
  bool append(const ItemView& item, std::uint64_t hash);

  Fetch judge(const ColdRead& read, const Key& key, const TierEntry& entry, UnixSeconds now_s);
  Fetch found(const tier::RecordView& record, const Key& key, const TierEntry& entry,
              UnixSeconds now_s);
  Fetch missing(std::uint64_t hash, const TierEntry& entry);
  Fetch not_now();
  Fetch gone();
  void add_regions(TierFigures& figures) const;

  Device& device_;
  TieringOptions options_;
  TieringSettings settings_;
  UnixSeconds now_s_ = 0;
  Store* store_ = nullptr;
  LentPages pages_;
  std::unique_ptr<TierIndex> index_;  // set by attach()
  std::unique_ptr<tier::PageLog> log_;
  Admission admission_;
  ColdReads reads_;
  TierListings listings_;
  TierSweep sweep_;
  bool sweeping_ = false;
  bool full_ = false;                // the log has come around once
  std::uint64_t written_bytes_ = 0;  // that admission has heard of
  std::size_t limit_bytes_ = 0;      // the store's limit that index and pages have heard of
  StallWatch writes_;
  StallWatch cleaner_;
  RetryDelay retry_;

  TierFigures figures_;  // what is counted here
  std::uint64_t refused_at_reset_ = 0;
  std::uint64_t damaged_before_reset_ = 0;

  LateToken token_ = kNotLate;
  tier::RecordView fetched_;
  TierEntry fetched_entry_;
  std::uint64_t fetched_hash_ = 0;
  ColdRead* fetched_from_ = nullptr;  // its buffer; null: the log's memory
  std::string copy_;
};

}  // namespace isocache
