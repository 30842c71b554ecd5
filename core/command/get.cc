// get gets gat gats mg.

#include "command/engine.h"
#include "command/exptime.h"
#include "command/item_text.h"
#include "command/reply_writer.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

// What `mg` reports of an item as it was before the command touched it.
struct Before {
  bool fetched;
  UnixSeconds last_access;
};

// Facts about the item that a flag asks for. T and N act where they stand among the flags, so that
// `t` before and after them tells different things; so does memcached.
void append_item_flag(std::string_view flag, const Request& request, Item item,
                      const Before& before, UnixSeconds now_s, Output& out) {
  switch (flag.front()) {
    case 'c': append_flag(out, 'c', item.cas()); break;
    case 'f': append_flag(out, 'f', item.client_flags()); break;
    case 'h': append_flag(out, 'h', before.fetched ? 1 : 0); break;
    case 'l': append_flag(out, 'l', now_s - before.last_access); break;
    case 's': append_flag(out, 's', item.value_length()); break;
    case 't':
      if (item.exptime() == 0) {
        out.append(" t-1");
      } else {
        append_flag(out, 't', item.exptime() - now_s);
      }
      break;
    case 'k':  // in the form it was stored in, whatever form the request has it in
      out.append(" k");
      append_wire_key(item, out);
      if (item.has(kBinaryKey)) out.append(" b");
      break;
    default: append_echo(out, flag, request); break;
  }
}

// memcached reads R as an exptime of its own and compares: R0 never wins, nor does a negative one.
bool below_recache_ttl(const Request& request, Item item, UnixSeconds now_s) {
  return item.exptime() != 0 && item.exptime() < expiry_time(request.recache_ttl, now_s);
}

}  // namespace

// As memcached counts: a get that sets a TTL is a touch (a meta get only when it hits), and one
// that makes its own item a hit.
void Engine::count_get(const Request& request, const FindResult& found) {
  const bool text = request.style == ReplyStyle::kText;
  if (found.miss == Miss::kExpired) ++counters_.get_expired;
  if (found.miss == Miss::kFlushed) ++counters_.get_flushed;
  if (request.flags.has_exptime && (found.item || text)) {
    ++counters_.cmd_touch;
    ++(found.item ? band_of(found.item).touch_hits : counters_.touch_misses);
    return;
  }
  ++(found.item ? band_of(found.item).get_hits : counters_.get_misses);
}

// A large value goes out from where it lies. When replies that nobody takes hold too much already,
// it stays unread until they are gone.
bool Engine::must_wait(const Request& request, Item item, const Output& out) const {
  const std::size_t length = item.value_length();
  if (length <= limits::kPinnedValueBytes && !item.chained()) [[likely]] {
    return false;
  }
  const RequestFlags& flags = request.flags;
  const bool text = request.style == ReplyStyle::kText;
  if (text ? flags.no_reply : !flags.return_value) return false;
  if (flags.has_compare_cas && item.cas() == request.compare_cas) return false;
  return options_.gets_may_wait && !out.may_copy(length) && !store_.may_pin(item, flags.has_waited);
}

bool Engine::get(Request& request, Output& out) {
  const FindResult found = store_.find(request.key, now_s_);
  if (found.item && must_wait(request, found.item, out)) return false;
  count_get(request, found);
  if (request.style == ReplyStyle::kText) {
    if (found.item) get_text(request, found.item, out);
    out.append(request.fixed_reply);
  } else if (found.item) {
    get_meta(request, found.item, false, out);
  } else {
    miss_meta(request, out);
  }
  return true;
}

void Engine::get_text(Request& request, Item item, Output& out) {
  if (request.flags.has_exptime) item.set_exptime(expiry_time(request.exptime, now_s_));
  store_.on_hit(item, now_s_);
  if (request.flags.no_reply) return;
  const std::string_view key = request.key.bytes;
  char* const begin = out.reserve(16 + key.size() + 3 * (1 + kMaxU64Digits));
  char* to = put(put(begin, "VALUE "), key);
  *to++ = ' ';
  to = write_u64(to, item.client_flags());
  *to++ = ' ';
  to = write_u64(to, item.value_length());
  if (request.flags.return_cas) {
    *to++ = ' ';
    to = write_u64(to, item.cas());
  }
  to = put(to, "\r\n");
  out.commit(static_cast<std::size_t>(to - begin));
  append_value(item, request.flags.has_waited, out);
}

// The value and its line end: copied when small, else referred to where it lies.
void Engine::append_value(Item item, bool has_waited, Output& out) {
  const std::size_t length = item.value_length();
  if (!out.prefers_pin(length) && !item.chained()) [[likely]] {
    char* const begin = out.reserve(length + 2);
    put(put(begin, item.contiguous_value()), "\r\n");
    out.commit(length + 2);
    return;
  }
  const bool pin = store_.may_pin(item, has_waited);
  if (!pin) out.reserve(length + 2);
  store_.for_each_piece(item, [&](const Store::Piece& piece) {
    if (pin) {
      out.append_pinned(piece.bytes, Pin{options_.shard, piece.segment});
      store_.pin(piece.segment);
    } else {
      out.append(piece.bytes);
    }
  });
  out.append("\r\n");
}

void Engine::miss_meta(Request& request, Output& out) {
  if (request.flags.has_vivify) {
    ItemFields fields;
    fields.cas = new_cas(request);
    fields.bits = made_item_key_bits(request);
    Item item;
    const PutStatus status = store_.put(request.key, {}, fields, {}, now_s_, &item);
    count_refused(status);
    if (status == PutStatus::kStored) {
      --counters_.get_misses;
      ++band_of(item).get_hits;
      get_meta(request, item, true, out);
      return;
    }
  }
  append_meta_outcome(out, reply::kMetaMiss, request, request.flags.no_reply);
}

// What T, N and R do, in the order they were sent. True if the client won the right to recache.
bool Engine::apply_get_flag(char flag, const Request& request, Item item, bool vivified) {
  switch (flag) {
    case 'T': item.set_exptime(expiry_time(request.exptime, now_s_)); break;
    case 'N':
      if (vivified) item.set_exptime(expiry_time(request.vivify_exptime, now_s_));
      break;
    case 'R': return !item.has(kWinSent) && below_recache_ttl(request, item, now_s_);
    default: break;
  }
  return false;
}

// `vivified`: the item was created by this very request, which thereby won the right to fill it.
void Engine::get_meta(Request& request, Item item, bool vivified, Output& out) {
  const RequestFlags& flags = request.flags;
  const Before before{item.has(kFetched), item.last_access()};
  const bool with_value =
      flags.return_value && !(flags.has_compare_cas && item.cas() == request.compare_cas);
  const Output::Mark mark = out.mark();
  out.append(with_value ? reply::kMetaValue : reply::kMetaDone);
  if (with_value) append_u64(out, item.value_length());
  bool won = vivified;
  for_each_flag(answered_flags(request), [&](std::string_view flag) {
    const char letter = flag.front();
    if (letter == 'T' || letter == 'N' || letter == 'R') {
      won = apply_get_flag(letter, request, item, vivified) || won;
    } else {
      append_item_flag(flag, request, item, before, now_s_, out);
    }
  });
  if (request.flag_text.empty()) {  // a plain mg, or filled in by hand
    if (flags.has_recache) won = apply_get_flag('R', request, item, vivified) || won;
    if (flags.has_exptime) apply_get_flag('T', request, item, vivified);
    if (flags.has_vivify) apply_get_flag('N', request, item, vivified);
  }
  if (flags.opaque_too_long) {
    out.rewind(mark, [](Pin) {});
    out.append(reply::kOpaqueTooLong);
    return;
  }
  if (!flags.no_update) store_.on_hit(item, now_s_);
  if (item.has(kWinSent) && !vivified) out.append(" Z");
  if (item.has(kStale)) {
    out.append(" X");
    if (!item.has(kWinSent)) won = true;
  }
  if (won) {
    out.append(" W");
    item.set(kWinSent);
  }
  out.append("\r\n");
  if (with_value) append_value(item, flags.has_waited, out);
}

}  // namespace isocache
