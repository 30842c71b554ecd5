#include "protocol/base64.h"

#include <algorithm>
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

// '=' has a value, too: it stands for zero bits.
bool counts(char letter) {
  return letter == '=' || kValues[static_cast<unsigned char>(letter)] != kBad;
}

bool is_well_formed(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  for (int i = 0; i < 2 && text.back() == '='; ++i) text.remove_suffix(1);
  return std::all_of(text.begin(), text.end(),
                     [](char letter) { return letter != '=' && counts(letter); });
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

bool base64_decode_loosely(std::string_view text, char* to, std::size_t* length) {
  if (std::count_if(text.begin(), text.end(), counts) % 4 != 0) return false;
  char* const begin = to;
  std::uint32_t bits = 0;
  unsigned letters = 0;  // of the group at hand
  unsigned padding = 0;
  for (const char letter : text) {
    if (!counts(letter)) continue;
    const bool pads = letter == '=';
    padding += pads ? 1 : 0;
    bits = bits << 6U | (pads ? 0U : kValues[static_cast<unsigned char>(letter)]);
    if (++letters != 4) continue;
    if (padding > 2) return false;
    for (unsigned i = 0; i + padding < 3; ++i) *to++ = static_cast<char>(bits >> (16U - 8U * i));
    if (padding != 0) break;
    bits = letters = 0;
  }
  *length = static_cast<std::size_t>(to - begin);
  return to != begin;
}

bool base64_decode(std::string_view text, char* to, std::size_t* length) {
  return is_well_formed(text) && base64_decode_loosely(text, to, length);
}

}  // namespace isocache
