// incr decr ma.

#include <string>

#include "command/engine.h"
#include "command/exptime.h"
#include "command/item_text.h"
#include "command/reply_writer.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// A stored number as memcached reads it: white space and a plus sign before it are skipped,
// anything may follow after white space ("7 apples" is 7).
bool read_number(std::string_view value, std::uint64_t& number) {
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  if (!value.empty() && value.front() == '+') value.remove_prefix(1);
  std::size_t end = 0;
  while (end < value.size() && !is_space(value[end])) ++end;
  return parse_u64(value.substr(0, end), number);
}

std::uint64_t apply_delta(const Request& request, std::uint64_t number) {
  if (!request.flags.decrement) return number + request.delta;
  return request.delta > number ? 0 : number - request.delta;
}

struct Digits {
  explicit Digits(std::uint64_t value)
      : length(static_cast<std::size_t>(write_u64(bytes, value) - bytes)) {}
  std::string_view view() const { return {bytes, length}; }
  char bytes[kMaxU64Digits];
  std::size_t length;
};

void append_number_facts(const Request& request, Item item, bool created, UnixSeconds now_s,
                         Output& out) {
  if (request.flag_text.empty()) {  // a plain ma, or filled in by hand
    if (request.flags.has_exptime) item.set_exptime(expiry_time(request.exptime, now_s));
    if (created && request.flags.has_vivify) {
      item.set_exptime(expiry_time(request.vivify_exptime, now_s));
    }
  }
  for_each_flag(answered_flags(request), [&](std::string_view flag) {
    switch (flag.front()) {
      case 'c': append_flag(out, 'c', item.cas()); break;
      case 't':
        if (item.exptime() == 0) {
          out.append(" t-1");
        } else {
          append_flag(out, 't', item.exptime() - now_s);
        }
        break;
      case 'T': item.set_exptime(expiry_time(request.exptime, now_s)); break;
      case 'N':
        if (created) item.set_exptime(expiry_time(request.vivify_exptime, now_s));
        break;
      default: append_echo(out, flag, request); break;
    }
  });
}

void word_meta(const Request& request, std::uint64_t value, Item item, bool created,
               UnixSeconds now_s, Output& out) {
  const Digits digits(value);
  const Output::Mark mark = out.mark();
  if (request.flags.return_value) {
    out.append(reply::kMetaValue);
    append_u64(out, digits.length);
  } else {
    out.append(reply::kMetaDone);
  }
  append_number_facts(request, item, created, now_s, out);  // T and N act even if nobody sees it
  if (request.flags.opaque_too_long) {
    out.rewind(mark, [](Pin) {});
    out.append(reply::kOpaqueTooLong);
    return;
  }
  out.append("\r\n");
  if (request.flags.return_value) {
    out.append(digits.view());
    out.append("\r\n");
  }
  if (request.flags.no_reply) out.rewind(mark, [](Pin) {});
}

void word_text(ArithmeticOutcome outcome, std::uint64_t number, Output& out) {
  switch (outcome) {
    case ArithmeticOutcome::kDone:
      append_u64(out, number);
      out.append("\r\n");
      break;
    case ArithmeticOutcome::kNotFound: out.append(reply::kNotFound); break;
    case ArithmeticOutcome::kExists: out.append(reply::kExists); break;
    case ArithmeticOutcome::kNonNumeric: out.append(reply::kNonNumeric); break;
    case ArithmeticOutcome::kNoMemory: out.append(reply::kNoMemory); break;
  }
}

}  // namespace

bool Engine::create_number(const Request& request, Item* item) {
  ItemFields fields;
  fields.cas = new_cas(request);
  fields.bits = made_item_key_bits(request);
  const Digits digits(request.initial);
  const std::string_view value = digits.view();
  const PutStatus status = store_.put(request.key, {}, fields, {&value, 1}, now_s_, item);
  count_refused(status);
  return status == PutStatus::kStored;
}

// A shorter number keeps the value's length, padded with spaces: the item is updated where it lies.
bool Engine::write_number(const Request& request, std::uint64_t value, Item* item) {
  const Digits digits(value);
  std::string padded;  // most numbers fit in its own bytes
  padded.assign(digits.view());
  const std::uint64_t cas = new_cas(request);
  if (digits.length <= item->value_length()) {
    padded.append(item->value_length() - digits.length, ' ');
    if (store_.overwrite_value(*item, padded)) {
      item->set_cas(cas);
      return true;
    }
  }
  ItemFields fields;
  fields.client_flags = item->client_flags();
  fields.exptime = item->exptime();
  fields.cas = cas;
  fields.bits = made_item_key_bits(request);
  const std::string_view whole = padded;
  const PutStatus status = store_.put(request.key, *item, fields, {&whole, 1}, now_s_, item);
  count_refused(status);
  return status == PutStatus::kStored;
}

// The order is memcached's: what cannot be a number at all, cas, then the digits.
ArithmeticOutcome Engine::add_to(const Request& request, Item* item, std::uint64_t* number) {
  if (item->value_length() == 0) return ArithmeticOutcome::kNonNumeric;
  const bool compares = request.flags.has_compare_cas && request.compare_cas != 0;
  if (compares && item->cas() != request.compare_cas) return ArithmeticOutcome::kExists;
  if (item->chained() || !read_number(item->contiguous_value(), *number)) {
    return ArithmeticOutcome::kNonNumeric;
  }
  BandCounters& band = band_of(*item);
  ++(request.flags.decrement ? band.decr_hits : band.incr_hits);
  *number = apply_delta(request, *number);
  return write_number(request, *number, item) ? ArithmeticOutcome::kDone
                                              : ArithmeticOutcome::kNoMemory;
}

void Engine::arithmetic(Request& request, Output& out) {
  const RequestFlags& flags = request.flags;
  Item item = store_.find(request.key, now_s_).item;
  const bool created = !item;
  std::uint64_t number = request.initial;
  ArithmeticOutcome outcome = ArithmeticOutcome::kNotFound;
  if (item) {
    outcome = add_to(request, &item, &number);
  } else if (flags.has_vivify) {
    outcome =
        create_number(request, &item) ? ArithmeticOutcome::kDone : ArithmeticOutcome::kNoMemory;
  } else {
    ++(flags.decrement ? counters_.decr_misses : counters_.incr_misses);
  }
  if (request.style == ReplyStyle::kText) {
    if (!flags.no_reply) word_text(outcome, number, out);
    return;
  }
  switch (outcome) {
    case ArithmeticOutcome::kDone: word_meta(request, number, item, created, now_s_, out); break;
    case ArithmeticOutcome::kNotFound:
      append_meta_outcome(out, reply::kMetaNotFound, request);
      break;
    case ArithmeticOutcome::kExists: append_meta_outcome(out, reply::kMetaExists, request); break;
    case ArithmeticOutcome::kNonNumeric: out.append(reply::kNonNumeric); break;
    case ArithmeticOutcome::kNoMemory: out.append(reply::kNoMemory); break;
  }
}

}  // namespace isocache
