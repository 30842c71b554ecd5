// A store in the worst cases, and the contents that it should have: keys and values, pins, uploads.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "unit/store_fixture.h"

namespace isocache {

inline constexpr std::size_t kMiB = 1U << 20;

class StoreWorstTest : public StoreFixture {
 protected:
  void open(const StoreOptions& options) {
    StoreFixture::open(options);
    held_.clear();
  }

  // Differs in every byte from values of other seeds.
  static std::string value_of(std::size_t seed, std::size_t length) {
    std::string value(length, '\0');
    auto state = static_cast<std::uint32_t>(seed * 2654435761U + 1);
    for (char& byte : value) {
      state = state * 1664525U + 1013904223U;
      byte = static_cast<char>(state >> 24U);
    }
    return value;
  }
  // Notes in held_ what was stored. If the store refuses, the old item stays.
  PutStatus put(const std::string& name, const std::string& value) {
    const std::string_view parts[] = {value};
    const PutStatus status = store_->put(key(name), find(name), {}, parts, now_s_);
    if (status == PutStatus::kStored) held_[name] = value;
    return status;
  }
  void remove(const std::string& name) {
    if (const Item item = find(name)) store_->remove(item);
    held_.erase(name);
  }
  // Stores new items until one is refused. Returns how many were stored.
  int fill_up(std::size_t length) {
    for (int n = 0;; ++n) {
      ++filled_;
      const std::string value = value_of(static_cast<std::size_t>(filled_), length);
      if (put("fill" + std::to_string(filled_), value) != PutStatus::kStored) return n;
    }
  }
  void tick_to_the_end() {
    int ticks = 0;
    while (store_->tick(now_s_)) ASSERT_LT(++ticks, 100'000) << "background work does not end";
  }
  // Checks the bytes of everything that is found. Returns how many are not found.
  std::size_t count_missing() {
    std::size_t missing = 0;
    for (const auto& [name, value] : held_) {
      const Item item = find(name);
      if (!item) {
        ++missing;
      } else if (read(item) != value) {
        ADD_FAILURE() << name << " has another value";
      }
    }
    return missing;
  }
  // Pins every other segment that holds items.
  void pin_some() {
    SegmentId last = 0;
    for (const auto& [name, value] : held_) {
      const Item item = find(name);
      if (!item) continue;
      store_->for_each_piece(item, [&](const Piece& piece) {
        if (piece.segment == last || piece.segment % 2 == 0) return;
        last = piece.segment;
        store_->pin(last);
        pins_.push_back(last);
      });
    }
  }
  void unpin_all() {
    for (const SegmentId segment : pins_) store_->unpin(segment);
    pins_.clear();
  }
  // Uploads a whole value, but does not commit it.
  bool upload(const std::string& name, const std::string& value, Upload* upload) {
    if (store_->begin_upload(key(name), value.size(), now_s_, upload) != PutStatus::kStored)
      return false;
    for (std::size_t sent = 0; upload->remaining > 0;) {
      const std::span<char> window = store_->upload_window(*upload);
      if (window.empty()) return false;
      value.copy(window.data(), window.size(), sent);
      sent += window.size();
      store_->upload_received(*upload, window.size());
    }
    return true;
  }

  std::map<std::string, std::string> held_;
  std::vector<SegmentId> pins_;
  int filled_ = 0;
};

}  // namespace isocache
