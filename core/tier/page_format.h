// How a page lies on the device. FORMAT.md has the same layout as a picture.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/crc32c.h"
#include "tier/device.h"
#include "tier/page_source.h"

namespace isocache::tier {

static_assert(std::endian::native == std::endian::little);

inline constexpr std::size_t kPageBytes = PageSource::kPageBytes;
inline constexpr std::size_t kBlockBytes = Device::kBlockBytes;
inline constexpr std::size_t kBlocksPerPage = kPageBytes / kBlockBytes;

inline constexpr std::uint32_t kPageMagic = 0x6f736920;  // " iso"
inline constexpr std::uint16_t kPageVersion = 1;
enum class PageKind : std::uint16_t { kRecords = 1 };

struct PageHeader {
  std::uint32_t magic;
  std::uint16_t version;
  PageKind kind;
  std::uint16_t shard;
  std::uint16_t reserved;
  std::uint32_t first_record;  // where the first record begins that begins in this page; 0: none
  std::uint64_t epoch;         // the same for all pages of one run of the host
  std::uint64_t sequence;      // never the same for two pages
  std::uint32_t used;          // where the last record ends; the header counts
  std::uint32_t records;       // that begin in this page
  std::uint8_t unused[20];
  std::uint32_t checksum;  // of everything before it
};
static_assert(sizeof(PageHeader) == 64);
static_assert(offsetof(PageHeader, first_record) == 12);
static_assert(offsetof(PageHeader, epoch) == 16);
static_assert(offsetof(PageHeader, sequence) == 24);
static_assert(offsetof(PageHeader, used) == 32);
static_assert(offsetof(PageHeader, checksum) == 60);

// How many bytes of records fit into a page.
inline constexpr std::size_t kPageRoomBytes = kPageBytes - sizeof(PageHeader);

inline std::uint32_t checksum_of(const PageHeader& header) {
  return crc32c(&header, offsetof(PageHeader, checksum));
}

// Which page a place should hold.
struct PageIdentity {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::uint16_t shard = 0;
};

// Writes the header of a page that has everything else.
inline void write_page_header(std::byte* page, const PageIdentity& identity,
                              std::uint32_t first_record, std::uint32_t used,
                              std::uint32_t records) {
  PageHeader header{};
  header.magic = kPageMagic;
  header.version = kPageVersion;
  header.kind = PageKind::kRecords;
  header.shard = identity.shard;
  header.first_record = first_record;
  header.epoch = identity.epoch;
  header.sequence = identity.sequence;
  header.used = used;
  header.records = records;
  header.checksum = checksum_of(header);
  std::memcpy(page, &header, sizeof header);
}

// Whether this is the header of exactly that page, undamaged.
inline bool verify_page_header(const PageHeader& header, const PageIdentity& identity) {
  return header.magic == kPageMagic && header.version == kPageVersion &&
         header.kind == PageKind::kRecords && header.shard == identity.shard &&
         header.epoch == identity.epoch && header.sequence == identity.sequence &&
         header.checksum == checksum_of(header) && header.used >= sizeof(PageHeader) &&
         header.used <= kPageBytes && header.first_record < kPageBytes;
}

}  // namespace isocache::tier
