// The records a segment is made of, besides the plain item of item.h. All begin on 8 bytes, and the
// byte at offset 2 (an item's key length) tells them apart: an item's is never 0.
//
// A value that does not fit where it should go is chained: the item holds its first bytes, pieces
// in later segments the others. Pieces know where their item lies, so that eviction can find it
// from any of them, and their neighbours, so that each can move by itself. An item that moves tells
// its pieces.
//
//   chained item   | ItemHeader | key | ChainHead | first bytes |
//   piece          | PieceHeader | more bytes |
//   filler         | FillerHeader | unused |
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/limits.h"
#include "store/item.h"

namespace isocache {

// A place in the heap, in units of 8 bytes: segment << 13 | offset / 8. 0 is nowhere: segments
// count from 1.
using Location = std::uint64_t;

inline constexpr std::size_t kUnitBytes = 8;
inline constexpr unsigned kOffsetBits = 13;
inline constexpr unsigned kLocationBits = 38;  // as the index stores it: 2 TiB of heap

constexpr std::size_t round_to_unit(std::size_t bytes) {
  return (bytes + kUnitBytes - 1) & ~(kUnitBytes - 1);
}

enum class RecordKind : std::uint8_t { kPiece = 1, kDeadPiece = 2, kFiller = 3 };

struct PieceHeader {
  std::uint16_t length;  // value bytes
  std::uint8_t zero;
  RecordKind kind;
  std::uint32_t unused;
  Location owner;     // the item
  Location previous;  // a piece, or the item
  Location next;      // 0: the last
};
static_assert(sizeof(PieceHeader) == 32);

struct FillerHeader {
  std::uint16_t units;
  std::uint8_t zero;
  RecordKind kind;
  std::uint32_t unused;
};
static_assert(sizeof(FillerHeader) == kUnitBytes);

// Not aligned: it follows the key. Use load_chain() and store_chain().
struct ChainHead {
  std::uint32_t total_length;  // of the value
  std::uint32_t first_length;  // bytes in the item's own record
  Location next;               // 0: no further piece
};
static_assert(limits::kMaxMaxItemBytes <= 0xffffffff);

inline constexpr std::uint8_t kDead = 1U
                                      << 6;  // another of ItemBits: overwritten, deleted or evicted

inline char* chain_at(ItemHeader* header) {
  return reinterpret_cast<char*>(header + 1) + header->key_length;
}
inline ChainHead load_chain(const ItemHeader* header) {
  ChainHead chain;
  std::memcpy(&chain, reinterpret_cast<const char*>(header + 1) + header->key_length, sizeof chain);
  return chain;
}
inline void store_chain(ItemHeader* header, const ChainHead& chain) {
  std::memcpy(chain_at(header), &chain, sizeof chain);
}

inline std::size_t item_record_bytes(const ItemHeader* header) {
  const std::size_t value = (header->bits & kChained) != 0
                                ? sizeof(ChainHead) + load_chain(header).first_length
                                : header->value_length;
  return round_to_unit(sizeof(ItemHeader) + header->key_length + value);
}

inline std::size_t piece_record_bytes(std::size_t length) {
  return round_to_unit(sizeof(PieceHeader) + length);
}

}  // namespace isocache
