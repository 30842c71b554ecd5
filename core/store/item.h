// An item, as callers see it. Item is live and can be changed; ItemView can only be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "store/record.h"

namespace isocache {

class Bucket;
class Index;
class Log;
struct Segment;

// What the item's own record tells. Both Item and ItemView have it.
class ItemFacts {
 public:
  std::string_view key() const { return key_of(header_); }
  std::uint32_t client_flags() const { return header_->client_flags; }
  std::uint64_t cas() const { return header_->cas; }
  UnixSeconds exptime() const { return header_->exptime; }  // 0: never
  UnixSeconds last_access() const { return header_->last_access; }
  std::uint8_t bits() const { return header_->bits; }
  bool has(ItemBits bit) const { return (bits() & bit) != 0; }
  bool chained() const { return has(kChained); }
  std::size_t value_length() const {
    return chained() ? load_chain(header_).total_length : header_->value_length;
  }
  // The whole value. REQUIRES: not chained().
  std::string_view contiguous_value() const { return {value_at(header_), header_->value_length}; }

 protected:
  ItemFacts() = default;
  explicit ItemFacts(ItemHeader* header) : header_(header) {}
  ItemHeader* header_ = nullptr;
};

// A live item. Valid until the next call that may write to the store. Null when not found.
class Item : public ItemFacts {
 public:
  Item() = default;
  explicit operator bool() const { return header_ != nullptr; }

  // These change the item where it lies.
  void set_exptime(UnixSeconds exptime);
  void set_cas(std::uint64_t cas) { header_->cas = cas; }
  void set(ItemBits bit) { header_->bits = static_cast<std::uint8_t>(header_->bits | bit); }
  void clear(ItemBits bit) { header_->bits = static_cast<std::uint8_t>(header_->bits & ~bit); }

 private:
  friend class Store;
  Item(ItemHeader* header, Segment* segment, Bucket* bucket, unsigned slot)
      : ItemFacts(header), segment_(segment), bucket_(bucket), slot_(slot) {}

  Segment* segment_ = nullptr;  // it lies in
  Bucket* bucket_ = nullptr;    // the index entry that points at it
  unsigned slot_ = 0;
};

// One of the pieces that a value lies in. Pin its segment to keep the bytes: while a segment is
// pinned, its bytes neither move nor change.
struct Piece {
  std::string_view bytes;
  SegmentId segment;
};

// What eviction knows of an item, besides how old it is; see evictor.h.
struct Standing {
  bool in_main = false;         // the queue it is in: main or small
  unsigned frequency = 0;       // reads since eviction last looked at it, up to 3
  UnixSeconds last_access = 0;  // 0: now
};

// An item that can only be read, and knows all of itself. Valid until the next call that may write
// to the store.
class ItemView : public ItemFacts {
 public:
  // REQUIRES: there is an item at `location`, and all three outlive the view.
  ItemView(const Log& log, const Index& index, Location location);

  // visit(const Piece&) for each piece of the value, in order. There is one unless chained().
  template <typename Visit>
  void for_each_piece(Visit&& visit) const {
    for (PieceCursor at = first_piece(); at.piece.bytes.data() != nullptr; next_piece(at)) {
      visit(static_cast<const Piece&>(at.piece));
    }
  }
  // Looks the item up in the index. REQUIRES: the index knows it, as it does unless the view is of
  // an unfinished upload.
  Standing standing() const;

 private:
  struct PieceCursor {
    Piece piece;
    Location next = 0;
  };
  PieceCursor first_piece() const;
  void next_piece(PieceCursor& at) const;

  const Log& log_;
  const Index& index_;
  Location location_;
};

// What is written beside key and value.
struct ItemFields {
  std::uint32_t client_flags = 0;
  UnixSeconds exptime = 0;
  std::uint64_t cas = 0;  // from Store::next_cas(), or the client's own (meta E flag)
  std::uint8_t bits = 0;  // kStale, kWinSent, kBinaryKey
};

}  // namespace isocache
