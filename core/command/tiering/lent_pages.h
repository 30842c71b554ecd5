// The tier's pages, lent by the store.
#pragma once

#include <cstddef>
#include <vector>

#include "command/tiering/small_map.h"
#include "store/store.h"
#include "tier/page_source.h"

namespace isocache {

// The tier asks for pages while the store evicts, when there is none to spare. So pages that are
// given back are kept in stock: as many as the log's pages, and a few for the index. refill()
// fetches more when the store may evict for it.
class LentPages final : public PageSource {
 public:
  void attach(Store& store, std::size_t stock) {
    store_ = &store;
    most_in_stock_ = stock;
    missed_ = true;
    while (refill()) {
    }
  }

  // The store may be gone, and takes nothing back.
  void detach() { store_ = nullptr; }

  std::byte* acquire_page() override {
    Store::Lent page;
    if (stock_.empty()) {
      page = store_->lend_segment(false);
    } else {
      page = stock_.back();
      stock_.pop_back();
    }
    missed_ = missed_ || page.bytes == nullptr;
    if (page.bytes != nullptr) ids_[page.bytes] = page.id;
    return page.bytes;
  }
  void release_page(std::byte* page) override {
    const auto found = ids_.find(page);
    const Store::Lent lent{found->second, page};
    ids_.erase(found);
    if (store_ == nullptr) return;
    if (stock_.size() < most_in_stock_) {
      stock_.push_back(lent);
    } else {
      store_->take_back(lent.id);
    }
  }

  // Evicts, so call it when nothing else uses the store. True: there is more to do.
  bool refill() {
    if (!missed_) return false;
    if (stock_.size() < most_in_stock_) {
      const Store::Lent page = store_->lend_segment(true);
      if (page.bytes != nullptr) {
        stock_.push_back(page);
        return true;
      }
    }
    missed_ = false;
    return false;
  }
  std::size_t lent() const { return ids_.size() + stock_.size(); }

 private:
  Store* store_ = nullptr;
  std::size_t most_in_stock_ = 0;
  std::vector<Store::Lent> stock_;
  TierMap<const std::byte*, SegmentId> ids_;
  bool missed_ = false;
};

}  // namespace isocache
