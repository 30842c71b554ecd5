#include "protocol/base64.h"

#include <array>
#include <cstdint>

namespace isocache {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kBad = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values = {};
  for (auto& value : values) value = kBad;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr auto kValues = make_values();

// Decodes four letters to 24 bits. Returns false on a letter outside the alphabet.
bool decode_group(const char* from, std::uint32_t* bits) {
  std::uint32_t sum = 0;
  for (int i = 0; i < 4; ++i) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(from[i])];
    if (value == kBad) return false;
    sum = sum << 6U | value;
  }
  *bits = sum;
  return true;
}

}  // namespace

char* base64_encode(std::string_view bytes, char* to) {
  std::size_t i = 0;
  for (; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    *to++ = kAlphabet[bits >> 18U];
    *to++ = kAlphabet[bits >> 12U & 63U];
    *to++ = i + 1 < bytes.size() ? kAlphabet[bits >> 6U & 63U] : '=';
    *to++ = i + 2 < bytes.size() ? kAlphabet[bits & 63U] : '=';
  }
  return to;
}

bool base64_decode(std::string_view text, char* to, std::size_t* length) {
  if (text.empty() || text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  if (text[text.size() - 1] == '=') padding = text[text.size() - 2] == '=' ? 2 : 1;
  char* const begin = to;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    char group[4] = {text[i], text[i + 1], text[i + 2], text[i + 3]};
    std::size_t bytes = 3;
    if (i + 4 == text.size()) {  // padding stands for zero bits
      for (std::size_t j = 0; j < padding; ++j) group[3 - j] = 'A';
      bytes -= padding;
    }
    std::uint32_t bits = 0;
    if (!decode_group(group, &bits)) return false;
    for (std::size_t j = 0; j < bytes; ++j) *to++ = static_cast<char>(bits >> (16U - 8U * j));
  }
  *length = static_cast<std::size_t>(to - begin);
  return true;
}

}  // namespace isocache
