// The tier's pages, lent by the store.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/has_memory.h"
#include "command/tiering/small_map.h"
#include "store/store.h"
#include "tier/page_source.h"

namespace isocache {

// The tier asks for pages while the store evicts, when there is none to spare. So some are kept in
// stock. The stock grows when the tier is fast enough to need it, and shrinks when it was not used
// for a while. refill() fetches pages when the store may evict for them.
class LentPages final : public PageSource {
 public:
  void attach(Store& store, std::size_t least, std::size_t most) {
    store_ = &store;
    wanted_ = least;
    set_bounds(least, most);
    while (stock_.size() < least && fetch() != Fetched::kNo) {
    }
    unused_ = stock_.size();
  }

  // Pages in stock while none is in use. The index's own pages do not count. What is too much goes
  // back with the next shrink().
  void set_bounds(std::size_t least, std::size_t most) {
    stock_.reserve(std::max(least, most));  // so that release_page() needs no memory
    least_in_stock_ = least;
    most_in_stock_ = std::max(least, most);
    wanted_ = std::min(wanted_, most_in_stock_);
  }
  // The store may be gone, and takes nothing back.
  void detach() { store_ = nullptr; }

  std::byte* acquire_page() override {
    Store::Lent page;
    ++taken_;
    if (stock_.empty()) {
      page = store_->lend_segment(false);
      wanted_ = std::min(most_in_stock_, wanted_ + wanted_ / 2 + 1);
      missed_ = true;
    } else {
      page = stock_.back();
      stock_.pop_back();
    }
    unused_ = std::min(unused_, stock_.size());
    if (page.bytes == nullptr || has_memory_for([&] { ids_[page.bytes] = page.id; })) {
      return page.bytes;
    }
    put_back(page);
    return nullptr;
  }
  void release_page(std::byte* page) override {
    const auto found = ids_.find(page);
    const Store::Lent lent{found->second, page};
    ids_.erase(found);
    if (store_ != nullptr) put_back(lent);
  }

  // Evicts, so call it when nothing else uses the store. True: there is more to do.
  //
  // What the store evicts for a page fills a page. So the stock grows by one page for each two that
  // are taken: at once, it would be used up before it has grown.
  bool refill(std::size_t index_pages) {
    const std::size_t enough = missed_ ? wanted_ : most_in_stock_ / 2;
    if (stock_.size() >= enough) missed_ = false;
    if (stock_.size() >= enough || taken_ < kTakenForOne) return false;
    // The log has all the others.
    if (stock_.size() >= kLeast && lent() >= index_pages + most_in_stock_) return false;
    const Fetched fetched = fetch();
    if (fetched == Fetched::kNotYet) return true;
    taken_ = 0;
    return fetched == Fetched::kYes && stock_.size() < enough;
  }
  // Now and then: gives back a part of what was not used since the last time.
  void shrink() {
    wanted_ = std::max(least_in_stock_, wanted_ - std::min(wanted_, unused_ / kGivenBack));
    while (stock_.size() > wanted_) {
      store_->take_back(stock_.back().id);
      stock_.pop_back();
    }
    unused_ = stock_.size();
  }
  std::size_t lent() const { return ids_.size() + stock_.size(); }

 private:
  static constexpr std::size_t kTakenForOne = 2;
  static constexpr std::size_t kGivenBack = 4;  // a part in this many, of what was not used
  static constexpr std::size_t kLeast = 2;      // for the index, at any time

  void put_back(const Store::Lent& page) {
    if (stock_.size() < wanted_) {
      stock_.push_back(page);
    } else {
      store_->take_back(page.id);
    }
  }

  enum class Fetched { kYes, kNotYet, kNo };

  Fetched fetch() {
    const Store::Lent page = store_->lend_segment(true);
    if (page.bytes == nullptr) return page.not_yet ? Fetched::kNotYet : Fetched::kNo;
    stock_.push_back(page);
    wanted_ = std::min(most_in_stock_, std::max(wanted_ + 1, stock_.size()));
    return Fetched::kYes;
  }

  Store* store_ = nullptr;
  std::size_t least_in_stock_ = 0;
  std::size_t most_in_stock_ = 0;
  std::size_t wanted_ = 0;  // in stock, when all have come back
  std::size_t unused_ = 0;  // the fewest that were in stock lately
  std::size_t taken_ = 0;   // since the last one was fetched
  bool missed_ = false;     // there was none to take
  std::vector<Store::Lent> stock_;
  TierMap<const std::byte*, SegmentId> ids_;
};

}  // namespace isocache
