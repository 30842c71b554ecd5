#include "base/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/bytes.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#define ISOCACHE_CRC32C_X86
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define ISOCACHE_CRC32C_ARM
#endif

namespace isocache {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // bits reversed

constexpr std::size_t kByteValues = 256;

using Table = std::array<std::uint32_t, kByteValues>;

// The tables for slicing-by-N (Kounavis and Berry, 2005): tables[n][byte] is the checksum of `byte`
// with n zero bytes behind it.
template <std::size_t N>
constexpr std::array<Table, N> make_tables(std::uint32_t polynomial) {
  std::array<Table, N> tables{};
  for (std::uint32_t byte = 0; byte < kByteValues; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t n = 1; n < N; ++n) {
    for (std::size_t byte = 0; byte < kByteValues; ++byte) {
      const std::uint32_t shorter = tables[n - 1][byte];
      tables[n][byte] = (shorter >> 8U) ^ tables[0][shorter & 0xffU];
    }
  }
  return tables;
}

constexpr std::size_t kSlices = 8;
#if defined(__wasm__)
// Made when the module starts, because its size counts. Volatile: or the compiler makes them.
const volatile std::uint32_t kPolynomialAtStart = kPolynomial;
__attribute__((minsize, noinline)) std::array<Table, kSlices> tables_at_start() {
  return make_tables<kSlices>(kPolynomialAtStart);
}
const auto kTables = tables_at_start();
#else
constexpr auto kTables = make_tables<kSlices>(kPolynomial);
#endif

template <typename Word>
Word load(const unsigned char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

std::uint32_t update(std::uint32_t crc, const unsigned char* at, std::size_t size) {
  for (; size >= kSlices; at += kSlices, size -= kSlices) {
    const std::uint64_t word = load<std::uint64_t>(at) ^ crc;
    crc = 0;
    for (std::size_t n = 0; n < kSlices; ++n) crc ^= kTables[7 - n][(word >> (8 * n)) & 0xffU];
  }
  for (; size > 0; ++at, --size) crc = (crc >> 8U) ^ kTables[0][(crc ^ *at) & 0xffU];
  return crc;
}

#if defined(ISOCACHE_CRC32C_X86)

bool has_instruction() { return __builtin_cpu_supports("sse4.2") != 0; }

// Not a template: clang forgets the target of one.
#define ISOCACHE_CRC32C_TARGET [[gnu::target("sse4.2")]]
ISOCACHE_CRC32C_TARGET inline std::uint32_t step(std::uint32_t crc, std::uint64_t word) {
  return static_cast<std::uint32_t>(_mm_crc32_u64(crc, word));
}
ISOCACHE_CRC32C_TARGET inline std::uint32_t step(std::uint32_t crc, unsigned char byte) {
  return _mm_crc32_u8(crc, byte);
}

#elif defined(ISOCACHE_CRC32C_ARM)

constexpr bool has_instruction() { return true; }

#define ISOCACHE_CRC32C_TARGET
inline std::uint32_t step(std::uint32_t crc, std::uint64_t word) { return __crc32cd(crc, word); }
inline std::uint32_t step(std::uint32_t crc, unsigned char byte) { return __crc32cb(crc, byte); }

#endif

#if defined(ISOCACHE_CRC32C_TARGET)

// The instruction takes three cycles, and one can begin in each. So long runs are summed up in
// three lanes. Finding a record of 4 KB in a page takes 290 instead of 500 ns.
constexpr std::size_t kLanes = 3;
constexpr std::size_t kLaneBytes = 256;
constexpr unsigned kCrcBits = 32;
constexpr unsigned kByteBits = 8;

// The checksum with a lane of zero bytes behind it, by the checksum's four bytes.
constexpr std::array<Table, 4> make_shift_tables() {
  std::array<std::uint32_t, kCrcBits> of_bit{};
  for (unsigned bit = 0; bit < kCrcBits; ++bit) {
    std::uint32_t crc = std::uint32_t{1} << bit;
    for (std::size_t n = 0; n < kLaneBytes; ++n) {
      crc = (crc >> kByteBits) ^ kTables[0][crc % kByteValues];
    }
    of_bit[bit] = crc;
  }
  std::array<Table, 4> tables{};
  for (unsigned bit = 0; bit < kCrcBits; ++bit) {
    for (std::size_t byte = 0; byte < kByteValues; ++byte) {
      if ((byte >> (bit % kByteBits) & 1U) != 0) tables[bit / kByteBits][byte] ^= of_bit[bit];
    }
  }
  return tables;
}
constexpr auto kShiftTables = make_shift_tables();

std::uint32_t with_lane_behind(std::uint32_t crc) {
  return kShiftTables[0][crc & 0xffU] ^ kShiftTables[1][(crc >> 8U) & 0xffU] ^
         kShiftTables[2][(crc >> 16U) & 0xffU] ^ kShiftTables[3][crc >> 24U];
}

ISOCACHE_CRC32C_TARGET std::uint32_t update_by_instruction(std::uint32_t crc,
                                                           const unsigned char* at,
                                                           std::size_t size) {
  for (; size >= kLanes * kLaneBytes; at += kLanes * kLaneBytes, size -= kLanes * kLaneBytes) {
    std::uint32_t second = 0;
    std::uint32_t third = 0;
    for (std::size_t n = 0; n < kLaneBytes; n += 8) {
      crc = step(crc, load<std::uint64_t>(at + n));
      second = step(second, load<std::uint64_t>(at + kLaneBytes + n));
      third = step(third, load<std::uint64_t>(at + 2 * kLaneBytes + n));
    }
    crc = with_lane_behind(with_lane_behind(crc) ^ second) ^ third;
  }
  for (; size >= 8; at += 8, size -= 8) crc = step(crc, load<std::uint64_t>(at));
  for (; size > 0; ++at, --size) crc = step(crc, *at);
  return crc;
}

#endif

}  // namespace

std::uint32_t crc32c_portable(const void* bytes, std::size_t size, std::uint32_t before) {
  return ~update(~before, static_cast<const unsigned char*>(bytes), size);
}

std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t before) {
#if defined(ISOCACHE_CRC32C_TARGET)
  if (has_instruction()) [[likely]] {
    return ~update_by_instruction(~before, static_cast<const unsigned char*>(bytes), size);
  }
#endif
  return crc32c_portable(bytes, size, before);
}

std::uint32_t crc32c_copy(void* to, const void* from, std::size_t size, std::uint32_t before) {
  // The second pass reads from the processor's first cache. It costs nothing that can be measured,
  // because the checksum's instruction is the slower part.
  constexpr std::size_t kPieceBytes = 4096;
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  while (size > 0) {
    const std::size_t piece = size < kPieceBytes ? size : kPieceBytes;
    copy_bytes(out, in, piece);
    before = crc32c(out, piece, before);
    out += piece;
    in += piece;
    size -= piece;
  }
  return before;
}

}  // namespace isocache
