#include "command/tiering/tier_listings.h"

#include <algorithm>
#include <utility>

namespace isocache {
namespace {

using tier::kNoRegion;
using tier::LogPage;
using tier::Place;
using tier::Region;
using tier::RegionId;
using tier::WalkedRecord;

// A step visits this many records, or passes this many regions that have nothing: some
// microseconds.
constexpr int kRecordsPerStep = 32;
constexpr int kRegionsPerStep = 64;
// Of all listings, that are in memory or being read.
constexpr int kMaxPages = 4;
// A device that has no room for a read is asked again in as many turns, then the page is left out.
constexpr unsigned kMaxRefusals = 256;

}  // namespace

TierListing::TierListing(TierListings& owner) : owner_(owner) {
  const tier::PageLog& log = *owner.log_;
  const tier::Regions& regions = log.regions();
  end_sequence_ = regions.next_sequence();
  last_region_ = regions.open();
  if (last_region_ != kNoRegion) end_place_ = log.head_place();
  const RegionId oldest = last_region_ != kNoRegion ? last_region_ + 1 : regions.next();
  region_ = oldest >= regions.count() ? 0 : oldest;
  regions_left_ = regions.count();
}

TierListing::~TierListing() {
  if (state_ == State::kRead) owner_.device_.release(*this);
}

void TierListing::on_done(bool succeeded) noexcept {
  if (!is_wanted_) {
    if (succeeded) owner_.device_.release(*this);
    state_ = State::kNoPage;
    return owner_.destroy(*this);
  }
  state_ = succeeded ? State::kRead : State::kNoPage;
  if (!succeeded) {
    walk_.skip_page();
    end_page();
    owner_.wake_one();
  }
  if (waker_ != nullptr) waker_->wake(kStreamToken);
  waker_ = nullptr;
}

ListNext TierListing::step(UnixSeconds now_s, ItemVisitor& visitor, Waker* waker) {
  if (state_ == State::kReading || state_ == State::kWaiting) {
    waker_ = waker;
    return ListNext::kLater;
  }
  if (!find_page()) return regions_left_ == 0 ? ListNext::kEnd : ListNext::kMore;
  tier::PageLog& log = *owner_.log_;
  LogPage page = log.page_in_memory(region_, page_);
  if (page.bytes == nullptr) {
    if (state_ != State::kRead) return begin_read(waker);
    page = tier::parse_page(data().data(), Place{page_} * tier::kPageBytes,
                            log.page_identity(region_, page_));
  }
  if (page.bytes != nullptr) return visit(page, now_s, visitor);
  walk_.skip_page();
  end_page();
  return ListNext::kMore;
}

// The region is still the one that was begun.
bool TierListing::is_readable() const {
  const tier::Regions& regions = owner_.log_->regions();
  return regions.readable(region_) && regions[region_].first_sequence == first_sequence_;
}

// Goes on to the next region as soon as there is nothing more in this one. False: it has not found
// any within one step.
bool TierListing::find_page() {
  const tier::Regions& regions = owner_.log_->regions();
  for (int n = 0; n < kRegionsPerStep && regions_left_ != 0; ++n) {
    const Region& region = regions[region_];
    if (!in_region_) {
      in_region_ = true;
      first_sequence_ = region.first_sequence;
      page_ = 0;
      walk_.restart();
    }
    // Sequences are random at the start, and may pass 2^64.
    const bool is_newer = static_cast<std::int64_t>(first_sequence_ - end_sequence_) >= 0;
    const bool is_past = page_ >= region.pages ||
                         (region_ == last_region_ && Place{page_} * tier::kPageBytes >= end_place_);
    if (is_readable() && !is_newer && !is_past && region.live != 0) return true;
    next_region();
  }
  return false;
}

void TierListing::next_region() {
  let_go();
  in_region_ = false;
  --regions_left_;
  region_ = region_ + 1 == owner_.log_->regions().count() ? 0 : region_ + 1;
}

ListNext TierListing::begin_read(Waker* waker) {
  if (waker != nullptr && !owner_.may_read()) {
    state_ = State::kWaiting;
    waker_ = waker;
    return ListNext::kLater;
  }
  const std::uint64_t offset = owner_.log_->page_offset(region_, page_);
  switch (owner_.device_.begin_read(offset, tier::kPageBytes, *this)) {
    case IoStatus::kPending:
      state_ = State::kReading;
      waker_ = waker;
      refusals_ = 0;
      return waker == nullptr ? ListNext::kEnd : ListNext::kLater;  // nobody could be told
    case IoStatus::kDone:
      state_ = State::kRead;
      refusals_ = 0;
      return ListNext::kGoOn;
    case IoStatus::kReadFailed:
    case IoStatus::kFailed: break;
  }
  if (++refusals_ == kMaxRefusals) {
    refusals_ = 0;
    walk_.skip_page();
    end_page();
  }
  return ListNext::kMore;
}

ListNext TierListing::visit(const LogPage& page, UnixSeconds now_s, ItemVisitor& visitor) {
  WalkedRecord record;
  for (int n = 0; n < kRecordsPerStep; ++n) {
    if (!walk_.next(page, record)) {
      end_page();
      return ListNext::kMore;
    }
    visit(record, now_s, visitor);
  }
  if (!visitor.is_full()) return ListNext::kGoOn;
  let_go();  // the page is read again when there is room
  return ListNext::kMore;
}

void TierListing::visit(const WalkedRecord& record, UnixSeconds now_s, ItemVisitor& visitor) {
  if (region_ == last_region_ && record.place >= end_place_) return;
  const UnixSeconds exptime = record.header.exptime;
  if (exptime != 0 && exptime <= now_s) return;
  const Key key{record.key, Store::hash(record.key, owner_.hash_key_)};
  const TierEntry entry = owner_.index_->find(key.hash);
  if (!entry || entry.location != owner_.log_->regions().location(region_, record.place)) return;
  const FindResult found = owner_.store_->find(key, now_s);
  if (found.item || found.miss != Miss::kAbsent) return;
  const std::uint64_t position = owner_.log_->position(entry.location, record.place);
  if (owner_.store_->hides_on_tier(record.key, position)) return;
  ListedItem item;
  item.key = record.key;
  item.value_length = record.header.value_length;
  item.client_flags = record.header.client_flags;
  item.cas = record.header.cas;
  item.exptime = exptime;
  item.last_access = record.header.last_access;
  item.bits = static_cast<std::uint8_t>(record.header.bits | (entry.frequency != 0 ? kFetched : 0));
  item.place = TierPlace{owner_.first_page_ + region_, record.place};
  visitor.visit(item);
}

// Gets need the device's memory more.
bool TierListings::may_read() const {
  return std::count_if(listings_.begin(), listings_.end(), [](const auto& listing) {
           return listing->state_ == TierListing::State::kReading ||
                  listing->state_ == TierListing::State::kRead;
         }) < kMaxPages;
}

// There may be room for one more read, which the oldest listing that waits may begin. If one that
// has read until now begins its next page first, the other waits on.
void TierListings::wake_one() {
  const auto waiting = std::find_if(listings_.begin(), listings_.end(), [](const auto& listing) {
    return listing->state_ == TierListing::State::kWaiting;
  });
  if (waiting == listings_.end()) return;
  TierListing& listing = **waiting;
  listing.state_ = TierListing::State::kNoPage;
  std::exchange(listing.waker_, nullptr)->wake(kStreamToken);
}

void TierListing::end_page() {
  let_go();
  ++page_;
}

void TierListing::let_go() {
  if (state_ != State::kRead) return;
  owner_.device_.release(*this);
  state_ = State::kNoPage;
  owner_.wake_one();
}

ListNext TierListings::list(TierListing*& listing, UnixSeconds now_s, ItemVisitor& visitor,
                            Waker* waker) {
  if (listing == nullptr) {
    listing = listings_.emplace_back(std::make_unique<TierListing>(*this)).get();
  }
  return listing->step(now_s, visitor, waker);
}

void TierListings::end_listing(TierListing* listing) {
  listing->waker_ = nullptr;
  listing->is_wanted_ = false;
  if (listing->state_ != TierListing::State::kReading) destroy(*listing);
}

void TierListings::destroy(TierListing& listing) {
  std::erase_if(listings_, [&](const auto& one) { return one.get() == &listing; });
  wake_one();
}

bool TierListings::idle() const {
  return std::none_of(listings_.begin(), listings_.end(), [](const auto& listing) {
    return listing->state_ == TierListing::State::kReading;
  });
}

}  // namespace isocache
