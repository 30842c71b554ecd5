// How items lie in memory: the records that a segment is made of. All begin on 8 bytes. The byte at
// offset 2 (an item's key length) tells them apart: it is 0 in every record but an item's.
//
//   item           | ItemHeader | key | value |
//   chained item   | ItemHeader | key | ChainHead | first bytes of the value |
//   piece          | PieceHeader | more bytes of a value |
//   filler         | FillerHeader | unused |
//
// An item:
//
//   0        2        3      4              8               16        20       24
//   +--------+--------+------+--------------+---------------+---------+--------+-----+-------+
//   | value  | key    | bits | client flags | cas           | exptime | last   | key | value |
//   | length | length |      |              |               | unix s  | access |     |       |
//   +--------+--------+------+--------------+---------------+---------+--------+-----+-------+
//
// A value that does not fit where it should go is chained: the item holds its first bytes, pieces
// in later segments hold the others. Each piece knows where its item lies, so that eviction can
// find the item from any of them. It knows its neighbours, so that it can move by itself. An item
// that moves tells its pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"

namespace isocache {

// --- places ---------------------------------------------------------------------------------

// A segment's number. They count from 1; 0 is no segment.
using SegmentId = std::uint32_t;

// A place in the heap, in units of 8 bytes: segment << 13 | offset / 8. 0 is nowhere.
using Location = std::uint64_t;

inline constexpr std::size_t kUnitBytes = 8;
inline constexpr unsigned kOffsetBits = 13;
inline constexpr unsigned kLocationBits = 38;  // as the index stores it: 2 TiB of heap
static_assert((std::size_t{1} << kOffsetBits) * kUnitBytes == limits::kSegmentBytes);

constexpr std::size_t round_to_unit(std::size_t bytes) {
  return (bytes + kUnitBytes - 1) & ~(kUnitBytes - 1);
}

// --- an item --------------------------------------------------------------------------------

struct ItemHeader {
  std::uint16_t value_length;  // bytes; 0 when chained
  std::uint8_t key_length;     // 1..250
  std::uint8_t bits;           // ItemBits
  std::uint32_t client_flags;
  std::uint64_t cas;
  UnixSeconds exptime;      // 0: never
  UnixSeconds last_access;  // when it was set or read
};
static_assert(sizeof(ItemHeader) == 24);

enum ItemBits : std::uint8_t {
  kFetched = 1U << 0,    // read since it was set
  kStale = 1U << 1,      // invalidated by `md I`
  kWinSent = 1U << 2,    // one client was told to recache
  kBinaryKey = 1U << 3,  // the key came base64 encoded
  kChained = 1U << 4,    // the value lies in pieces
  kUnlinked = 1U << 5,   // an upload that is not yet visible
  kDead = 1U << 6,       // overwritten, deleted or evicted
};

inline char* key_at(ItemHeader* header) { return reinterpret_cast<char*>(header + 1); }
inline std::string_view key_of(const ItemHeader* header) {
  return {reinterpret_cast<const char*>(header + 1), header->key_length};
}
// Where a value that is not chained begins, or the ChainHead of one that is.
inline char* value_at(ItemHeader* header) { return key_at(header) + header->key_length; }
inline const char* value_at(const ItemHeader* header) {
  return reinterpret_cast<const char*>(header + 1) + header->key_length;
}

// --- a chain --------------------------------------------------------------------------------

// It follows the key, so it is not aligned. Use load_chain() and store_chain().
struct ChainHead {
  std::uint32_t total_length;  // of the value
  std::uint32_t first_length;  // bytes in the item's own record
  Location next;               // 0: no further piece
};
static_assert(limits::kMaxMaxItemBytes <= 0xffffffff);

inline ChainHead load_chain(const ItemHeader* header) {
  ChainHead chain;
  std::memcpy(&chain, value_at(header), sizeof chain);
  return chain;
}
inline void store_chain(ItemHeader* header, const ChainHead& chain) {
  std::memcpy(value_at(header), &chain, sizeof chain);
}

enum class RecordKind : std::uint8_t { kPiece = 1, kDeadPiece = 2, kFiller = 3 };

struct PieceHeader {
  std::uint16_t length;  // value bytes
  std::uint8_t zero;     // where an item has its key length
  RecordKind kind;
  std::uint32_t unused;
  Location owner;     // the item
  Location previous;  // a piece, or the item
  Location next;      // 0: this is the last piece
};
static_assert(sizeof(PieceHeader) == 32);

// What an update in place left over of an item's record.
struct FillerHeader {
  std::uint16_t units;
  std::uint8_t zero;
  RecordKind kind;
  std::uint32_t unused;
};
static_assert(sizeof(FillerHeader) == kUnitBytes);

// --- sizes ----------------------------------------------------------------------------------

inline std::size_t item_record_bytes(const ItemHeader* header) {
  const std::size_t value = (header->bits & kChained) != 0
                                ? sizeof(ChainHead) + load_chain(header).first_length
                                : header->value_length;
  return round_to_unit(sizeof(ItemHeader) + header->key_length + value);
}

constexpr std::size_t piece_record_bytes(std::size_t length) {
  return round_to_unit(sizeof(PieceHeader) + length);
}

}  // namespace isocache
