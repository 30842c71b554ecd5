// Pages and records as bytes: any damage is found, and nothing that a client sends is taken for a
// record.
#include "tier/record_format.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tier/page_format.h"

namespace isocache::tier {
namespace {

constexpr std::uint64_t kSequence = 0x123456789abcdef0;

// Neighbouring pages in which a test puts records where it likes.
class Pages {
 public:
  explicit Pages(std::size_t pages) : bytes_(pages * kPageBytes) {}

  PageRun run() const { return {bytes_, 0}; }
  PageRun run(Place begin, Place end) const {
    return {std::span(bytes_).subspan(static_cast<std::size_t>(begin),
                                      static_cast<std::size_t>(end - begin)),
            begin};
  }
  std::byte& operator[](Place place) { return bytes_[static_cast<std::size_t>(place)]; }

  // Returns where the record ends.
  Place put(Place begin, std::string_view key, std::string_view value,
            std::uint64_t sequence = kSequence) {
    RecordHeader header;
    header.value_length = static_cast<std::uint32_t>(value.size());
    header.short_value_length = short_length(header.value_length);
    header.key_length = static_cast<std::uint8_t>(key.size());
    header.client_flags = 77;
    header.cas = 78;
    std::string record(sizeof header, '\0');
    std::memcpy(record.data(), &header, sizeof header);
    record.append(key).append(value);
    std::uint32_t checksum = crc32c(&sequence, sizeof sequence);
    checksum = crc32c(record.data() + 4, record.size() - 4, checksum);
    std::memcpy(record.data(), &checksum, sizeof checksum);
    Place place = begin;
    for (const char byte : record) {
      place = skip_header(place);
      (*this)[place++] = static_cast<std::byte>(byte);
    }
    return place;
  }

 private:
  std::vector<std::byte> bytes_;
};

BlockSearch search(const Pages& pages, Place block, std::string_view key) {
  return find_in_block(pages.run(), block, kSequence, key).status;
}

TEST(TierPage, EveryFlippedBitOfAHeaderIsFound) {
  std::vector<std::byte> page(kPageBytes);
  const PageIdentity identity{.epoch = 5, .sequence = kSequence, .shard = 2};
  write_page_header(page.data(), identity, 64, 1000, 3);
  const auto verify = [&](const PageIdentity& wanted) {
    PageHeader header;
    std::memcpy(&header, page.data(), sizeof header);
    return verify_page_header(header, wanted);
  };
  ASSERT_TRUE(verify(identity));
  EXPECT_FALSE(verify({6, kSequence, 2}));
  EXPECT_FALSE(verify({5, kSequence + 1, 2}));
  EXPECT_FALSE(verify({5, kSequence, 3}));
  for (std::size_t bit = 0; bit < sizeof(PageHeader) * 8; ++bit) {
    page[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(verify(identity)) << bit;
    page[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

TEST(TierRecord, EndsWhereItsBytesEnd) {
  const std::vector<Place> begins = {64, 72, 512, 4096, kPageBytes - 40, kPageBytes + 64};
  for (const Place begin : begins) {
    Place end = begin;
    for (std::uint64_t bytes = 1; bytes < 3 * kPageBytes; ++bytes) {
      end = skip_header(end) + 1;
      ASSERT_EQ(end_of(begin, bytes), end) << begin << " " << bytes;
    }
  }
}

TEST(TierRecord, LengthCodeCountsBlocks) {
  EXPECT_EQ(length_code(64, 65), 1);
  EXPECT_EQ(length_code(64, 512), 1);
  EXPECT_EQ(length_code(64, 513), 2);
  EXPECT_EQ(length_code(511, 513), 2);
  EXPECT_EQ(length_code(512, 512 + 126 * 512), 126);
  EXPECT_EQ(length_code(512, 512 + 126 * 512 + 1), kLongRecord);
  EXPECT_EQ(length_code(512, 100 << 20), kLongRecord);
}

TEST(TierRecord, EveryFlippedBitIsFound) {
  for (const Place begin : {Place{64}, Place{kPageBytes - 48}}) {
    Pages pages(2);
    const std::string key = "thekey";
    const Place end = pages.put(begin, key, "some value of a record");
    const Place block = begin / kBlockBytes * kBlockBytes;
    ASSERT_EQ(search(pages, block, key), BlockSearch::kFound);
    for (Place place = begin; place < end; ++place) {
      if (place % kPageBytes < sizeof(PageHeader)) continue;
      for (int bit = 0; bit < 8; ++bit) {
        pages[place] ^= std::byte{1} << bit;
        EXPECT_NE(search(pages, block, key), BlockSearch::kFound) << place << " " << bit;
        pages[place] ^= std::byte{1} << bit;
      }
    }
    EXPECT_EQ(search(pages, block, key), BlockSearch::kFound);
    EXPECT_EQ(search(pages, block, "thekez"), BlockSearch::kMissing);
    EXPECT_EQ(search(pages, block, "theke"), BlockSearch::kMissing);
    EXPECT_EQ(find_in_block(pages.run(), block, kSequence + 1, key).status, BlockSearch::kMissing);
  }
}

TEST(TierRecord, IsFoundAmongItsNeighbours) {
  Pages pages(1);
  Place place = 512;
  for (int n = 0; place < 1024; ++n) {
    place = align_record(pages.put(place, "k" + std::to_string(n), std::to_string(n)));
  }
  for (int n = 0; n < 10; ++n) {
    const BlockSearchResult found =
        find_in_block(pages.run(), 512, kSequence, "k" + std::to_string(n));
    ASSERT_EQ(found.status, BlockSearch::kFound) << n;
    found.record.for_each_value_piece(
        [&](std::string_view value) { EXPECT_EQ(value, std::to_string(n)); });
  }
}

TEST(TierRecord, SaysHowMuchToReadOfALongOne) {
  Pages pages(4);
  const std::string value(150'000, 'v');
  const Place end = pages.put(1000, "long", value);
  const PageRun head = pages.run(512, 512 + kHeadReadBytes);
  const BlockSearchResult part = find_in_block(head, 512, kSequence, "long");
  EXPECT_EQ(part.status, BlockSearch::kLonger);
  EXPECT_EQ(part.end, end);
  EXPECT_EQ(find_in_block(pages.run(512, end), 512, kSequence, "long").status, BlockSearch::kFound);
  EXPECT_EQ(find_in_block(pages.run(512, end - 1), 512, kSequence, "long").status,
            BlockSearch::kLonger);
}

// A client can send a value that looks like a record. It does not know the sequence. If it did, and
// the record lay beside the true one, neither would be believed.
TEST(TierRecord, AForgeryIsNotBelieved) {
  Pages pages(1);
  pages.put(512, "victim", "true");
  pages.put(600, "victim", "forged", kSequence + 1);
  const BlockSearchResult found = find_in_block(pages.run(), 512, kSequence, "victim");
  ASSERT_EQ(found.status, BlockSearch::kFound);
  EXPECT_EQ(found.record.place(), 512U);
  pages.put(600, "victim", "forged");
  EXPECT_EQ(search(pages, 512, "victim"), BlockSearch::kMissing);
}

// Nothing is read behind the end, whatever the bytes are.
TEST(TierRecord, GarbageIsNoRecord) {
  for (int fill = 0; fill < 256; ++fill) {
    std::vector<std::byte> block(kBlockBytes, std::byte(fill));
    const std::string key(static_cast<std::size_t>(fill), static_cast<char>(fill));
    EXPECT_NE(find_in_block({block, 512}, 512, kSequence, key).status, BlockSearch::kFound);
  }
}

}  // namespace
}  // namespace isocache::tier
