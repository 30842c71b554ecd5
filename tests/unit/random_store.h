// Random operations on a Store, compared with a plain map, in stores that are too small for
// everything. A hit has the bytes that were last stored, whatever was evicted, moved, chained,
// compacted or flushed in between.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"
#include "support/test_memory.h"

namespace isocache {

struct Expected {
  std::string value;
  UnixSeconds exptime = 0;
  std::uint32_t client_flags = 0;
};

struct RandomOptions {
  std::size_t memory_limit = 0;
  std::size_t max_value = 0;
  unsigned keys = 2000;
  bool evict = true;
  unsigned flush_one_in = 500;  // every twentieth operation
  // The worst cases.
  bool weak_hash = false;
  unsigned refuse_every = 0;  // calls of the memory source; 0: it never refuses
  bool pin_too_much = false;  // beyond Store::may_pin(): up to half of the segments
  bool change_limit = false;  // between that of above and half of it
  int check_every = 4096;     // operations
};

class RandomStore {
 public:
  RandomStore(const RandomOptions& run_options, unsigned seed)
      : run_options_(run_options),
        options_{.memory_limit = run_options.memory_limit,
                 .max_item_size = 4U << 20,
                 .hash_key = run_options.weak_hash ? weak_hash_key(seed) : hash_key_of(seed),
                 .evict = run_options.evict},
        memory_(run_options.refuse_every),
        store_(options_, memory_),
        random_(seed),
        max_value_(run_options.max_value) {}

  void run(int operations) {
    for (int i = 0; i < operations && !testing::Test::HasFailure(); ++i) {
      step();
      if (i % run_options_.check_every == 0) {
        EXPECT_STREQ(store_.broken_invariant(), nullptr);
      }
    }
    while (!pinned_.empty()) unpin_one();
    while (store_.tick(now_s_)) {
    }
    now_s_ += 60;  // the next sweep may begin
    while (store_.tick(now_s_)) {
    }
    EXPECT_FALSE(store_.remembers_prefixes());
    EXPECT_EQ(store_.memory_use().lent_bytes, 0U);
    EXPECT_STREQ(store_.broken_invariant(), nullptr);
    const MemoryUse use = store_.memory_use();
    EXPECT_LE(use.segment_bytes, options_.memory_limit);
    EXPECT_EQ(use.pinned_segments, 0U);
    EXPECT_EQ(use.upload_bytes, 0U);
    EXPECT_EQ(store_.flushed_item_count(), 0U);
    EXPECT_LE(memory_.allocated_bytes(), options_.memory_limit);
    if (!options_.evict) {
      EXPECT_EQ(misses, 0) << "nothing stored is ever dropped";
      EXPECT_EQ(store_.counters().evictions, 0U);
    }
  }
  Store& store() { return store_; }
  const TestMemory& memory() const { return memory_; }
  int hits = 0;
  int misses = 0;   // of items that were stored and have not expired
  int refused = 0;  // for lack of memory
  int flushed_prefixes = 0;

 private:
  unsigned below(std::size_t n) { return static_cast<unsigned>(random_() % n); }

  Key key(const std::string& name) const { return {name, Store::hash(name, options_.hash_key)}; }

  std::string random_value() {
    // Mostly small, sometimes of any size.
    const std::size_t top = below(4) == 0 ? max_value_ : std::min<std::size_t>(max_value_, 300);
    std::string value(below(top + 1), '\0');
    const auto first = static_cast<char>(random_());
    for (std::size_t i = 0; i < value.size(); ++i)
      value[i] = static_cast<char>(first + static_cast<int>(i * 7));
    return value;
  }

  std::string read(Item item) const {
    std::string value;
    store_.for_each_piece(item, [&](const Piece& piece) { value += piece.bytes; });
    return value;
  }

  // Five of six have a prefix.
  std::string random_key() {
    const unsigned number = below(run_options_.keys);
    constexpr const char* kPrefixes[] = {"a:", "b:", "longer:", ":", "a:b:", "key"};
    return kPrefixes[number % 6] + std::to_string(number);
  }

  void step() {
    const std::string name = random_key();
    switch (below(20)) {
      case 0: remove(name); break;
      case 1: touch(name); break;
      case 2: upload(name); break;
      case 3: append(name); break;
      case 4: now_s_ += below(50) == 0 ? 5U : 0U; break;
      case 5:
        store_.tick(now_s_);
        if (run_options_.change_limit && below(100) == 0) {
          store_.set_memory_limit(options_.memory_limit - below(options_.memory_limit / 2));
        }
        break;
      case 6: pin(name); break;
      case 7:
        if (!pinned_.empty()) unpin_one();
        break;
      case 8:
        if (below(run_options_.flush_one_in) == 0) {
          store_.flush();
          model_.clear();
        } else if (below(run_options_.flush_one_in / 16) == 0) {
          flush_prefix();
        }
        break;
      case 9:
      case 10:
      case 11:
      case 12: below(5) == 0 ? put_back(name) : set(name); break;
      default: get(name);
    }
  }

  void flush_prefix() {
    constexpr const char* kPrefixes[] = {"a", "b", "longer", ""};
    const std::string prefix = kPrefixes[below(4)];
    if (!store_.flush_prefix(prefix, ':')) return;
    ++flushed_prefixes;
    std::erase_if(model_, [&](const auto& one) { return one.first.starts_with(prefix + ":"); });
  }

  Item find_and_check(const std::string& name) {
    const Item item = store_.find(key(name), now_s_).item;
    const auto expected = model_.find(name);
    if (!item) {
      if (expected != model_.end()) {
        const UnixSeconds exptime = expected->second.exptime;
        if (exptime == 0 || exptime > now_s_) ++misses;
        model_.erase(expected);
      }
      return item;
    }
    ++hits;
    EXPECT_NE(expected, model_.end()) << name << " should not be there";
    if (expected == model_.end()) return {};
    EXPECT_EQ(item.key(), name);
    EXPECT_EQ(read(item), expected->second.value);
    EXPECT_EQ(item.value_length(), expected->second.value.size());
    EXPECT_EQ(item.client_flags(), expected->second.client_flags);
    EXPECT_EQ(item.exptime(), expected->second.exptime);
    EXPECT_TRUE(item.exptime() == 0 || item.exptime() > now_s_);
    return item;
  }

  void get(const std::string& name) {
    if (const Item item = find_and_check(name)) store_.on_hit(item, now_s_);
  }

  ItemFields random_fields() {
    ItemFields fields;
    fields.client_flags = below(3) == 0 ? below(1000) : 0;
    fields.exptime = below(3) == 0 ? now_s_ + 1 + below(20) : 0;
    fields.cas = store_.next_cas();
    return fields;
  }

  void set(const std::string& name) {
    const Item old = find_and_check(name);
    const std::string value = random_value();
    const ItemFields fields = random_fields();
    const std::string_view parts[] = {value};
    note(name, store_.put(key(name), old, fields, parts, now_s_), value, fields);
  }

  Standing random_standing() { return {below(2) == 0, below(4)}; }

  void put_back(const std::string& name) {
    find_and_check(name);
    const std::string value = random_value();
    const ItemFields fields = random_fields();
    const Standing standing = random_standing();
    const std::string_view parts[] = {value};
    const PutStatus status = store_.put_back(key(name), fields, standing, parts, now_s_);
    note(name, status, value, fields);
    if (status != PutStatus::kStored) return;
    const Standing found = store_.view(find_and_check(name)).standing();
    EXPECT_EQ(found.in_main, standing.in_main);
    EXPECT_EQ(found.frequency, standing.frequency);
  }

  void note(const std::string& name, PutStatus status, const std::string& value,
            const ItemFields& fields) {
    if (status == PutStatus::kStored) {
      model_[name] = {value, fields.exptime, fields.client_flags};
    } else {
      ++refused;  // the old item of the key stays
    }
  }

  void append(const std::string& name) {
    const Item old = find_and_check(name);
    if (!old || old.value_length() > max_value_) return;
    const std::string more = random_value();
    std::vector<std::string_view> parts;
    std::vector<SegmentId> pins;
    store_.for_each_piece(old, [&](const Piece& piece) {
      parts.push_back(piece.bytes);
      store_.pin(piece.segment);
      pins.push_back(piece.segment);
    });
    parts.push_back(more);
    const std::string value = model_[name].value + more;
    const ItemFields fields = random_fields();
    note(name, store_.put(key(name), old, fields, parts, now_s_), value, fields);
    for (const SegmentId segment : pins) store_.unpin(segment);
  }

  void upload(const std::string& name) {
    std::string value = random_value();
    value += value;
    Upload upload;
    const Standing standing = random_standing();
    if (store_.begin_upload(key(name), value.size(), now_s_, &upload,
                            below(4) == 0 ? &standing : nullptr) != PutStatus::kStored) {
      ++refused;
      return;
    }
    std::size_t sent = 0;
    while (upload.remaining > 0) {
      const std::span<char> window = store_.upload_window(upload);
      if (window.empty() || below(30) == 0) {
        store_.abort_upload(upload);
        return;
      }
      const std::size_t bytes = std::min<std::size_t>(window.size(), 1 + below(70000));
      value.copy(window.data(), bytes, sent);
      store_.upload_received(upload, bytes);
      sent += bytes;
      // Others write meanwhile.
      if (below(3) == 0) set(random_key());
      if (below(2000) == 0) {
        store_.flush();
        model_.clear();
      }
    }
    const Item old = find_and_check(name);
    const ItemFields fields = random_fields();
    const Item item = store_.commit_upload(upload, key(name), old, fields, now_s_);
    note(name, item ? PutStatus::kStored : PutStatus::kNoMemory, value, fields);
  }

  void remove(const std::string& name) {
    if (const Item item = find_and_check(name)) store_.remove(item);
    model_.erase(name);
  }

  void touch(const std::string& name) {
    if (Item item = find_and_check(name)) {
      const UnixSeconds exptime = below(2) == 0 ? 0 : now_s_ + 1 + below(20);
      item.set_exptime(exptime);
      model_[name].exptime = exptime;
    }
  }

  // A slow reader: its bytes must stay as they were.
  void pin(const std::string& name) {
    const Item item = find_and_check(name);
    if (!item || (!store_.may_pin(item) && !may_pin_anyway())) return;
    Reader reader;
    store_.for_each_piece(item, [&](const Piece& piece) {
      store_.pin(piece.segment);
      reader.pieces.push_back(piece);
    });
    reader.value = model_[name].value;
    pinned_.push_back(reader);
  }

  bool may_pin_anyway() const {
    const MemoryUse use = store_.memory_use();
    return run_options_.pin_too_much && use.pinned_segments < use.limit / limits::kSegmentBytes / 2;
  }

  void unpin_one() {
    const std::size_t which = below(pinned_.size());
    std::string value;
    for (const Piece& piece : pinned_[which].pieces) value += piece.bytes;
    EXPECT_EQ(value, pinned_[which].value) << "a reply's bytes changed under it";
    for (const Piece& piece : pinned_[which].pieces) store_.unpin(piece.segment);
    pinned_.erase(pinned_.begin() + static_cast<std::ptrdiff_t>(which));
  }

  struct Reader {
    std::vector<Piece> pieces;
    std::string value;
  };

  const RandomOptions run_options_;
  StoreOptions options_;
  TestMemory memory_;
  Store store_;
  std::mt19937 random_;
  std::size_t max_value_;
  UnixSeconds now_s_ = 1'000'000;
  std::map<std::string, Expected> model_;
  std::vector<Reader> pinned_;
};

}  // namespace isocache
