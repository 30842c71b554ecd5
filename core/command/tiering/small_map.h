// Maps of the tier. In wasm, whose devices end each operation within the call, they hold next to
// nothing, and the module's size counts: there they are vectors.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#if !defined(__wasm__)
#include <unordered_map>
#endif

namespace isocache {

// What std::unordered_map has, as far as it is used. It finds new keys sooner than old ones.
template <typename Key, typename Value>
class VectorMap {
 public:
  using Entry = std::pair<Key, Value>;
  using iterator = Entry*;

  iterator end() { return entries_.data() + entries_.size(); }
  iterator find(const Key& key) {
    for (std::size_t n = entries_.size(); n-- > 0;) {
      if (entries_[n].first == key) return entries_.data() + n;
    }
    return end();
  }
  Value& operator[](const Key& key) {
    const iterator found = find(key);
    if (found != end()) return found->second;
    entries_.emplace_back(key, Value());
    return entries_.back().second;
  }
  void erase(iterator entry) { entries_.erase(entries_.begin() + (entry - entries_.data())); }
  std::size_t size() const { return entries_.size(); }

 private:
  std::vector<Entry> entries_;
};

#if defined(__wasm__)
template <typename Key, typename Value>
using TierMap = VectorMap<Key, Value>;
#else
template <typename Key, typename Value>
using TierMap = std::unordered_map<Key, Value>;
#endif

}  // namespace isocache
