// The store alone: what looking up and writing cost without protocol and session.
#include <array>
#include <cstring>

#include "bench/micro.h"

namespace isocache::bench {
namespace {

class StoreMicro : public Micro {
 public:
  explicit StoreMicro(std::size_t items, std::uint64_t first_key = 0)
      : filled_(filled_store(items)), keys_(items, first_key) {}

 protected:
  // What a reply does with an item: counts the read, copies the value out.
  void use(Item item) {
    filled_->store.on_hit(item, FilledStore::kNow_s);
    const std::string_view value = item.contiguous_value();
    std::memcpy(reply_.data(), value.data(), std::min(value.size(), reply_.size()));
  }

  std::shared_ptr<FilledStore> filled_;
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

// The same, with all cache lines under way before the first is needed.
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
  explicit GetMiss(std::size_t items) : GetSingle(items, items) {}
};

// In place: the new value has the old one's size.
class SetSame : public StoreMicro {
 public:
  using StoreMicro::StoreMicro;
  void run() override {
    for (std::size_t i = 0; i < kBatch; ++i) filled_->put(keys_.next(), kMicroValueBytes);
  }
};

// Half to one and a half times the size: mostly written elsewhere, and the old place compacted.
class SetOther : public StoreMicro {
 public:
  using StoreMicro::StoreMicro;
  void run() override {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const auto extra = static_cast<std::size_t>(random_.below(kMicroValueBytes));
      filled_->put(keys_.next(), kMicroValueBytes / 2 + extra);
    }
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

// A full store: every new key evicts. Each in turn, so that none is there any more.
class SetEvicting : public Micro {
 public:
  explicit SetEvicting(std::size_t items) : filled_(items), next_key_(items) {
    for (std::size_t i = 0; i < 2 * items; ++i) run_one();
  }
  void run() override {
    for (std::size_t i = 0; i < kBatch; ++i) run_one();
  }

 private:
  void run_one() {
    KeyText text;
    filled_.put(write_key(text, next_key_++), kMicroValueBytes);
  }
  FilledStore filled_;
  std::uint64_t next_key_;
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
