// Small pieces of replies, written straight into the output. None of them looks at the store.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "protocol/numbers.h"
#include "protocol/output.h"
#include "protocol/replies.h"
#include "protocol/request.h"

namespace isocache {

inline char* put(char* to, std::string_view bytes) {
  copy_bytes(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

inline void append_u64(Output& out, std::uint64_t value) {
  char* const begin = out.reserve(kMaxU64Digits);
  out.commit(static_cast<std::size_t>(write_u64(begin, value) - begin));
}

// " c123": a return flag with its number.
inline void append_flag(Output& out, char letter, std::uint64_t value) {
  char* const begin = out.reserve(2 + kMaxU64Digits);
  begin[0] = ' ';
  begin[1] = letter;
  out.commit(static_cast<std::size_t>(write_u64(begin + 2, value) - begin));
}

// visit(token) for every flag of a meta request, in the order they were sent.
template <typename Visit>
void for_each_flag(std::string_view flag_text, Visit&& visit) {
  const char* at = flag_text.data();
  const char* const end = at + flag_text.size();
  while (at != end) {
    const char* const begin = at;
    while (at != end && *at != ' ') ++at;
    if (at != begin) visit(std::string_view(begin, static_cast<std::size_t>(at - begin)));
    while (at != end && *at == ' ') ++at;
  }
}

// The flags that every meta reply echoes, hit or miss: the opaque as sent, and the key with its
// encoding.
inline void append_echo(Output& out, std::string_view flag, const Request& request) {
  if (flag.front() == 'O') {
    out.append(" ");
    out.append(flag);
  } else if (flag.front() == 'k') {
    out.append(" k");
    out.append(request.wire_key);
    if (request.flags.binary_key) out.append(" b");
  }
}

// The flags that a reply gets to: all, or those before an opaque that is too long.
inline std::string_view answered_flags(const Request& request) {
  const std::string_view all = request.flag_text;
  if (!request.flags.opaque_too_long) return all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == 'O' && (i == 0 || all[i - 1] == ' ')) return all.substr(0, i);
  }
  return all;
}

// A whole reply without facts about an item: code, echo, line end. `quiet`: leave it out if it says
// nothing new.
inline void append_meta_outcome(Output& out, std::string_view code, const Request& request,
                                bool quiet = false) {
  if (request.flags.opaque_too_long) {
    out.append(reply::kOpaqueTooLong);
    return;
  }
  if (quiet) return;
  out.append(code);
  for_each_flag(request.flag_text, [&](std::string_view flag) { append_echo(out, flag, request); });
  out.append("\r\n");
}

}  // namespace isocache
