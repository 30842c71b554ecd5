#include "command/wording/meta.h"

#include "base/inline.h"
#include "command/value_output.h"
#include "command/wording/item_text.h"
#include "protocol/replies.h"
#include "protocol/write.h"

namespace isocache::meta {
namespace {

// Calls visit(flag) for every flag of a request, in the order in which they were sent.
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

// " c123": a flag with its number.
ISOCACHE_INLINE_ONLY_NATIVELY inline void append_flag(Output& out, char letter,
                                                      std::uint64_t value) {
  char* const begin = out.reserve(2 + kMaxU64Digits);
  begin[0] = ' ';
  begin[1] = letter;
  out.commit(static_cast<std::size_t>(write_u64(begin + 2, value) - begin));
}

ISOCACHE_INLINE_ONLY_NATIVELY inline void append_ttl(Output& out, UnixSeconds exptime,
                                                     UnixSeconds now_s) {
  if (exptime == 0) {
    out.append(" t-1");
  } else {
    append_flag(out, 't', exptime - now_s);
  }
}

// The flags that every reply echoes, on a hit and on a miss: the opaque as sent, and the key with
// its encoding. A key in base64 is encoded anew, because it can be sent in several spellings.
ISOCACHE_INLINE_ONLY_NATIVELY inline void append_echo(Output& out, std::string_view flag,
                                                      const Request& request) {
  if (flag.front() == 'O') {
    out.append(" ");
    out.append(flag);
  } else if (flag.front() == 'k') {
    out.append(" k");
    append_wire_key(request.key.bytes, request.flags.binary_key ? kBinaryKey : 0, out);
    if (request.flags.binary_key) out.append(" b");
  }
}

// A complete reply without facts about an item: the code, the echo, the line end.
ISOCACHE_CALLED_IN_WASM void append_code(Output& out, std::string_view code,
                                         const Request& request) {
  out.append(code);
  for_each_flag(request.flag_text, [&](std::string_view flag) { append_echo(out, flag, request); });
  out.append("\r\n");
}

// Follows the exptime from flag to flag. T and N act at their position, so a `t` before them shows
// another value than a `t` after them.
class ExptimeInTurn {
 public:
  ExptimeInTurn(const Exptimes& exptimes, bool created)
      : exptimes_(exptimes), now_(exptimes.before), created_(created) {}
  // Returns false if it is not a flag about the exptime.
  bool pass(char letter) {
    if (letter == 'T') {
      now_ = exptimes_.after_exptime;
    } else if (letter == 'N') {
      if (created_) now_ = exptimes_.after_vivify;
    } else {
      return false;
    }
    return true;
  }
  UnixSeconds now() const { return now_; }

 private:
  const Exptimes& exptimes_;
  UnixSeconds now_;
  bool created_;
};

void append_item_flag(std::string_view flag, const GetOutcome& outcome, UnixSeconds exptime,
                      const Request& request, Output& out) {
  const Item& item = outcome.item;
  switch (flag.front()) {
    case 'c': append_flag(out, 'c', item.cas()); break;
    case 'f': append_flag(out, 'f', item.client_flags()); break;
    case 'h': append_flag(out, 'h', outcome.fetched_before() ? 1 : 0); break;
    case 'l': append_flag(out, 'l', outcome.now_s - outcome.last_access_before); break;
    case 's': append_flag(out, 's', item.value_length()); break;
    case 't': append_ttl(out, exptime, outcome.now_s); break;
    case 'k':  // in the form in which it was stored, whatever form the request used
      out.append(" k");
      append_wire_key(item.key(), item.bits(), out);
      if (item.has(kBinaryKey)) out.append(" b");
      break;
    default: append_echo(out, flag, request); break;
  }
}

std::string_view code_of(StoreStatus status) {
  switch (status) {
    case StoreStatus::kStored: return reply::kMetaDone;
    case StoreStatus::kNotStored: return reply::kMetaNotStored;
    case StoreStatus::kExists: return reply::kMetaExists;
    default: return reply::kMetaNotFound;
  }
}

ISOCACHE_CALLED_IN_WASM void append_number_flags(const ArithmeticOutcome& outcome,
                                                 const Request& request, Output& out) {
  ExptimeInTurn exptime(outcome.exptimes, outcome.created);
  for_each_flag(request.flag_text, [&](std::string_view flag) {
    const char letter = flag.front();
    if (letter == 'c') {
      append_flag(out, 'c', outcome.cas);
    } else if (letter == 't') {
      append_ttl(out, exptime.now(), outcome.now_s);
    } else if (!exptime.pass(letter)) {
      append_echo(out, flag, request);
    }
  });
}

}  // namespace

void word(const GetOutcome& outcome, const Request& request, Output& out) {
  if (request.flags.opaque_too_long) {
    out.append(reply::kOpaqueTooLong);
    return;
  }
  if (!outcome.found()) {
    if (!request.flags.quiet) append_code(out, reply::kMetaMiss, request);
    return;
  }
  out.append(outcome.value_wanted ? reply::kMetaValue : reply::kMetaDone);
  if (outcome.value_wanted) append_u64(out, outcome.item.value_length());
  ExptimeInTurn exptime(outcome.exptimes, outcome.created());
  for_each_flag(request.flag_text, [&](std::string_view flag) {
    if (!exptime.pass(flag.front())) append_item_flag(flag, outcome, exptime.now(), request, out);
  });
  if (outcome.win_was_sent()) out.append(" Z");
  if (outcome.stale()) out.append(" X");
  if (outcome.won) out.append(" W");
  out.append("\r\n");
  if (outcome.value_wanted) append_value(outcome, request, kLineEnd, out);
}

ISOCACHE_CALLED_IN_WASM void word(const StoreOutcome& outcome, const Request& request,
                                  Output& out) {
  if (outcome.status == StoreStatus::kTooLarge || outcome.status == StoreStatus::kNoMemory) {
    out.append(outcome.status == StoreStatus::kTooLarge ? reply::kTooLarge
                                                        : reply::kNoMemoryStoring);
    return;  // q does not hide errors
  }
  if (request.flags.quiet && outcome.status == StoreStatus::kStored) return;
  out.append(code_of(outcome.status));
  for_each_flag(request.flag_text, [&](std::string_view flag) {
    switch (flag.front()) {
      case 'c': append_flag(out, 'c', outcome.cas); break;
      case 's': append_flag(out, 's', outcome.value_length); break;
      default: append_echo(out, flag, request); break;
    }
  });
  out.append("\r\n");
}

void word(const DeleteOutcome& outcome, const Request& request, Output& out) {
  switch (outcome.status) {
    case DeleteStatus::kDone:
      if (!request.flags.quiet) append_code(out, reply::kMetaDone, request);
      break;
    case DeleteStatus::kNotFound: append_code(out, reply::kMetaNotFound, request); break;
    case DeleteStatus::kExists: append_code(out, reply::kMetaExists, request); break;
    case DeleteStatus::kNoMemory: out.append(reply::kNoMemory); break;
  }
}

// An opaque that is too long is an error only if the reply would contain it; the other replies have
// errors of their own.
void word(const ArithmeticOutcome& outcome, const Request& request, Output& out) {
  const ArithmeticStatus status = outcome.status;
  if (status == ArithmeticStatus::kNonNumeric || status == ArithmeticStatus::kNoMemory) {
    out.append(status == ArithmeticStatus::kNonNumeric ? reply::kNonNumeric : reply::kNoMemory);
    return;
  }
  if (request.flags.opaque_too_long) {
    out.append(reply::kOpaqueTooLong);
    return;
  }
  if (status != ArithmeticStatus::kDone) {
    const bool exists = status == ArithmeticStatus::kExists;
    append_code(out, exists ? reply::kMetaExists : reply::kMetaNotFound, request);
    return;
  }
  if (request.flags.quiet) return;
  if (!request.flags.return_value) {
    out.append(reply::kMetaDone);
    append_number_flags(outcome, request, out);
    out.append("\r\n");
    return;
  }
  char digits[kMaxU64Digits];
  const auto length = static_cast<std::size_t>(write_u64(digits, outcome.number) - digits);
  out.append(reply::kMetaValue);
  append_u64(out, length);
  append_number_flags(outcome, request, out);
  out.append("\r\n");
  out.append({digits, length});
  out.append("\r\n");
}

void word(const DebugOutcome& outcome, Output& out) {
  const Item& item = outcome.item;
  if (!item) {
    out.append(reply::kMetaMiss);
    out.append("\r\n");
    return;
  }
  out.append("ME ");
  append_wire_key(item.key(), item.bits(), out);
  out.append(" exp=");
  if (item.exptime() == 0) {
    out.append("-1");
  } else {
    append_u64(out, item.exptime() - outcome.now_s);
  }
  out.append(" la=");
  append_u64(out, outcome.now_s - item.last_access());
  append_item_facts(item, outcome.cas_enabled, out);
  out.append("\r\n");
}

}  // namespace isocache::meta
