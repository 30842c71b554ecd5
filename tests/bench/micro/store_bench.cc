// The store alone: the cost of lookups and writes without protocol and session.
#include <array>
#include <cstring>

#include "bench/micro/micro.h"

namespace isocache::bench {
namespace {

class StoreMicro : public Micro {
 public:
  explicit StoreMicro(std::size_t items, bool present = true)
      : filled_(filled_store(items)), present_(present), keys_(items, present ? 0 : items) {}

  void check() override {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      require(filled_->holds(keys_.next()) == present_,
              "every key is in the store, or, for misses, none");
    }
  }

 protected:
  // What a reply does with an item: counts the access, copies the value.
  void use(Item item) {
    filled_->store.on_hit(item, FilledStore::kNow_s);
    const std::string_view value = item.contiguous_value();
    std::memcpy(reply_.data(), value.data(), std::min(value.size(), reply_.size()));
  }

  std::shared_ptr<FilledStore> filled_;
  bool present_;
  DrawnKeys keys_;
  std::array<char, 2 * kMicroValueBytes> reply_{};
};

class GetSingle : public StoreMicro {
 public:
  using StoreMicro::StoreMicro;
  void run() override {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const Key key = filled_->key(keys_.next());
      if (const Item item = filled_->store.find(key, FilledStore::kNow_s).item) use(item);
    }
  }
};

// The same, but all cache lines are requested before the first is needed.
class GetBatch : public StoreMicro {
 public:
  using StoreMicro::StoreMicro;
  void run() override {
    std::array<Key, kBatch> keys;
    for (Key& key : keys) {
      key = filled_->key(keys_.next());
      filled_->store.prefetch_bucket(key.hash);
    }
    for (const Key& key : keys) filled_->store.prefetch_item(key.hash);
    for (const Key& key : keys) {
      if (const Item item = filled_->store.find(key, FilledStore::kNow_s).item) use(item);
    }
  }
};

class GetMiss : public GetSingle {
 public:
  explicit GetMiss(std::size_t items) : GetSingle(items, false) {}
};

class Set : public StoreMicro {
 public:
  using StoreMicro::StoreMicro;

 protected:
  // How many of a run's sets were in place.
  std::uint64_t run_in_place() {
    const std::uint64_t before = filled_->store.counters().in_place_updates;
    run();
    return filled_->store.counters().in_place_updates - before;
  }
};

// In place: the new value has the old one's size.
class SetSame : public Set {
 public:
  using Set::Set;
  void run() override {
    for (std::size_t i = 0; i < kBatch; ++i) filled_->put(keys_.next(), kMicroValueBytes);
  }
  void check() override {
    Set::check();
    require(run_in_place() == kBatch, "values of the same size are overwritten in place");
  }
};

// Half to one and a half times the size: mostly written elsewhere, and the old place compacted.
class SetOther : public Set {
 public:
  using Set::Set;
  ~SetOther() override {
    for (std::size_t i = 0; i < keys_.size(); ++i) filled_->put(keys_.next(), kMicroValueBytes);
  }
  void run() override {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const auto extra = static_cast<std::size_t>(random_.below(kMicroValueBytes));
      filled_->put(keys_.next(), kMicroValueBytes / 2 + extra);
    }
  }
  void check() override {
    Set::check();
    require(run_in_place() < kBatch / 2, "values of other sizes are written elsewhere");
  }

 private:
  Random random_{9};
};

class Hash : public StoreMicro {
 public:
  using StoreMicro::StoreMicro;
  void run() override {
    for (std::size_t i = 0; i < kBatch; ++i) sum_ += filled_->key(keys_.next()).hash;
    reply_[0] = static_cast<char>(sum_);
  }

 private:
  std::uint64_t sum_ = 0;
};

class SetEvicting : public Micro {
 public:
  explicit SetEvicting(std::size_t items) : full_(full_store(items)) {}
  void run() override {
    for (std::size_t i = 0; i < kBatch; ++i) full_->put(full_->new_keys.next(), kMicroValueBytes);
  }
  void check() override {
    constexpr std::size_t kRuns = 1000;  // eviction goes in steps
    const std::uint64_t before = full_->store.counters().evictions;
    for (std::size_t i = 0; i < kRuns; ++i) run();
    const std::uint64_t evictions = full_->store.counters().evictions - before;
    require(evictions > kRuns * kBatch / 10 * 9, "new keys evict as many others");
  }

 private:
  std::shared_ptr<FullStore> full_;
};

template <typename Case>
std::unique_ptr<Micro> make(std::size_t items) {
  return std::make_unique<Case>(items);
}

}  // namespace

std::vector<MicroCase> store_cases() {
  return {
      {"store/hash", kBatch, make<Hash>},
      {"store/get", kBatch, make<GetSingle>},
      {"store/get_batch32", kBatch, make<GetBatch>},
      {"store/get_miss", kBatch, make<GetMiss>},
      {"store/set_same_size", kBatch, make<SetSame>},
      {"store/set_evicting", kBatch, make<SetEvicting>},
      {"store/set_other_size", kBatch, make<SetOther>},
  };
}

}  // namespace isocache::bench
