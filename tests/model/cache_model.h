// The replies that a cache must give, in the simplest form: a map of strings and a clock.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"

namespace isocache::model {

struct ModelItem {
  std::string value;
  std::uint32_t client_flags = 0;
  UnixSeconds exptime = 0;  // 0: never
  std::uint64_t cas = 0;    // 0: not seen since the item was last written
  bool stale = false;
  bool won = false;  // a client was told to recache
};

class CacheModel {
 public:
  explicit CacheModel(UnixSeconds now_s) : now_s_(now_s) {}

  UnixSeconds now_s() const { return now_s_; }
  void advance(unsigned seconds) {
    now_s_ += seconds;
    if (flush_at_s_ != 0 && now_s_ >= flush_at_s_) flush();
  }

  // The item as a client sees it. Null if there is none, or if it has expired.
  ModelItem* find(const std::string& key) {
    const auto at = items_.find(key);
    if (at == items_.end()) return nullptr;
    const bool expired = at->second.exptime != 0 && at->second.exptime <= now_s_;
    return expired ? nullptr : &at->second;
  }
  ModelItem& put(const std::string& key, const ModelItem& item) { return items_[key] = item; }
  void erase(const std::string& key) { items_.erase(key); }

  void flush() {
    items_.clear();
    flush_at_s_ = 0;
  }
  void flush_prefix(const std::string& prefix) {
    std::erase_if(items_, [&](const auto& one) { return one.first.starts_with(prefix + ':'); });
  }
  void flush_after(unsigned seconds) { flush_at_s_ = now_s_ + seconds; }

  std::size_t live_count() {
    std::size_t count = 0;
    for (const auto& [key, item] : items_) {
      if (find(key) != nullptr) ++count;
    }
    return count;
  }
  const std::map<std::string, ModelItem>& items() const { return items_; }

 private:
  std::map<std::string, ModelItem> items_;
  UnixSeconds now_s_;
  UnixSeconds flush_at_s_ = 0;
};

}  // namespace isocache::model
