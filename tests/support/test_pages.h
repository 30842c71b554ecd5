// Pages for the tier under test, as bad as the interface allows: they hold garbage when they come
// and become garbage when they go. The source refuses when it is told to.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <set>

#include "tier/page_source.h"

namespace isocache {

class TestPages : public PageSource {
 public:
  TestPages() = default;
  TestPages(const TestPages&) = delete;
  TestPages& operator=(const TestPages&) = delete;
  ~TestPages() override {
    for (std::byte* page : pages_) std::free(page);
  }

  std::byte* acquire_page() override {
    ++calls_;
    const bool refuses = pages_.size() >= most_ || (every_ != 0 && calls_ % every_ == 0);
    auto* page = refuses ? nullptr : static_cast<std::byte*>(std::aligned_alloc(64, kPageBytes));
    if (page == nullptr) return nullptr;
    std::memset(page, kGarbage, kPageBytes);
    pages_.insert(page);
    return page;
  }
  // Ends the program unless the page is out.
  void release_page(std::byte* page) override {
    if (pages_.erase(page) != 1) std::abort();
    std::memset(page, kGarbage, kPageBytes);
    std::free(page);
  }

  // From now on, gives this many at one time and no more.
  void set_most(std::size_t pages) { most_ = pages; }
  // Refuses every nth call; 0: none.
  void refuse_every(std::size_t calls) { every_ = calls; }
  std::size_t out() const { return pages_.size(); }

 private:
  static constexpr int kGarbage = 0xa5;

  std::set<std::byte*> pages_;
  std::size_t most_ = ~std::size_t{0};
  std::size_t every_ = 0;
  std::size_t calls_ = 0;
};

}  // namespace isocache
