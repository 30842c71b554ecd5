#include "command/wording/item_text.h"

#include <cstddef>

#include "command/key_bits.h"
#include "protocol/base64.h"
#include "protocol/write.h"

namespace isocache {
namespace {

// The size that memcached would report for the same item. Tools compare it with memcached's; our
// real size is smaller (store/item.h).
std::size_t counted_size(const ListedItem& item, bool cas_enabled) {
  constexpr std::size_t kHeaderBytes = 48;
  constexpr std::size_t kCasBytes = 8;
  constexpr std::size_t kClientFlagsBytes = 4;  // only when they are not 0
  constexpr std::size_t kKeyEndBytes = 1;
  constexpr std::size_t kValueEndBytes = 2;
  return kHeaderBytes + (cas_enabled ? kCasBytes : 0) + item.key.size() + kKeyEndBytes +
         (item.client_flags != 0 ? kClientFlagsBytes : 0) + item.value_length + kValueEndBytes;
}

}  // namespace

void append_uri_encoded(std::string_view bytes, Output& out) {
  constexpr std::string_view kEncodedByte = "%XX";
  constexpr char kHex[] = "0123456789ABCDEF";
  char* const begin = out.reserve(bytes.size() * kEncodedByte.size());
  char* to = begin;
  for (const char c : bytes) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      *to++ = c;
    } else {
      *to++ = '%';
      *to++ = kHex[static_cast<unsigned char>(c) >> 4U];
      *to++ = kHex[static_cast<unsigned char>(c) & 15U];
    }
  }
  out.commit(static_cast<std::size_t>(to - begin));
}

void append_printable(std::string_view key, Output& out) {
  if (is_printable(key)) {
    out.append(key);
  } else {
    append_uri_encoded(key, out);
  }
}

void append_wire_key(std::string_view key, std::uint8_t bits, Output& out) {
  if ((bits & kBinaryKey) == 0) {
    out.append(key);
    return;
  }
  const std::size_t length = base64_length(key.size());
  base64_encode(key, out.reserve(length));
  out.commit(length);
}

void append_item_facts(const ListedItem& item, bool cas_enabled, Output& out) {
  out.append(" cas=");
  append_u64(out, item.cas);
  out.append(item.has(kFetched) ? " fetch=yes cls=" : " fetch=no cls=");
  append_u64(out, shown_class(item));
  out.append(" size=");
  append_u64(out, counted_size(item, cas_enabled));
}

}  // namespace isocache
