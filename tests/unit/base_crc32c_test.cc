// CRC-32C against known values, and all ways to compute it against each other.
#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/random.h"

namespace isocache {
namespace {

std::uint32_t of(std::string_view bytes, std::uint32_t before = 0) {
  return crc32c(bytes.data(), bytes.size(), before);
}

// RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
TEST(Crc32c, KnownValues) {
  std::string ascending(32, '\0');
  for (std::size_t n = 0; n < ascending.size(); ++n) ascending[n] = static_cast<char>(n);
  const std::string descending(ascending.rbegin(), ascending.rend());
  EXPECT_EQ(of(""), 0U);
  EXPECT_EQ(of("123456789"), 0xe3069283U);
  EXPECT_EQ(of(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(of(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(of(ascending), 0x46dd794eU);
  EXPECT_EQ(of(descending), 0x113fdb5cU);
}

TEST(Crc32c, AllWaysAgree) {
  Random random(1);
  std::string bytes(20000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.bits());
  for (int n = 0; n < 2000; ++n) {
    const std::size_t begin = random.below(64);
    const std::size_t size = random.one_in(4) ? random.below(19000) : random.below(600);
    const std::string_view part = std::string_view(bytes).substr(begin, size);
    const std::uint32_t crc = of(part);
    EXPECT_EQ(crc32c_portable(part.data(), part.size()), crc);
    std::string copy(size, '\0');
    EXPECT_EQ(crc32c_copy(copy.data(), part.data(), size), crc);
    EXPECT_EQ(copy, part);
    const std::size_t cut = random.below(size + 1);
    EXPECT_EQ(of(part.substr(cut), of(part.substr(0, cut))), crc);
  }
}

}  // namespace
}  // namespace isocache
