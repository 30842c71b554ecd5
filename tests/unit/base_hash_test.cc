#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/hash.h"

namespace isocache {
namespace {

// wasm multiplies in another way, and must come to the same. A key of each length that is read
// differently.
TEST(Hash, IsTheSameEverywhere) {
  struct Known {
    std::size_t length;
    std::uint64_t hash;
  };
  constexpr Known kKnown[] = {
      {0, 0x16d3b0a07d2cea83U},   {1, 0x9b2becf6b16a61cfU},  {3, 0xc1a47a1aa922a81aU},
      {4, 0xaf1a72cf39576f94U},   {8, 0x25b129878789b07cU},  {16, 0xd8c42def211c5123U},
      {17, 0x9dd5b72dc9d0ee08U},  {20, 0x3ed2db3af9d8a527U}, {32, 0x62650c1a913d1418U},
      {33, 0x9ec07515650c5ee4U},  {48, 0x0fa77d985a2c3239U}, {49, 0x9d93f5e85f529bc3U},
      {100, 0xaac867f78ed7b5c6U}, {250, 0x847a126991b53759U}};
  for (const Known& known : kKnown) {
    std::string key(known.length, '\0');
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(i * 7 + 1);
    EXPECT_EQ(hash_bytes(key, 0x0123456789abcdefU), known.hash) << known.length;
  }
}

}  // namespace
}  // namespace isocache
