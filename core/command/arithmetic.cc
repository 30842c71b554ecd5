// incr decr ma.

#include <string>

#include "command/engine.h"
#include "command/exptime.h"
#include "command/key_bits.h"
#include "protocol/numbers.h"

namespace isocache {
namespace {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Parses a stored number as memcached does: skips white space and a plus sign before it, and
// ignores everything behind white space ("7 apples" is 7) or a byte of 0.
bool read_number(std::string_view value, std::uint64_t& number) {
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  if (!value.empty() && value.front() == '+') value.remove_prefix(1);
  std::size_t end = 0;
  while (end < value.size() && !is_space(value[end]) && value[end] != '\0') ++end;
  return parse_u64(value.substr(0, end), number);
}

std::uint64_t apply_delta(const ArithmeticFields& by, std::uint64_t number) {
  if (!by.decrement) return number + by.delta;
  return by.delta > number ? 0 : number - by.delta;
}

struct Digits {
  explicit Digits(std::uint64_t value)
      : length(static_cast<std::size_t>(write_u64(bytes, value) - bytes)) {}
  std::string_view view() const { return {bytes, length}; }
  char bytes[kMaxU64Digits];
  std::size_t length;
};

}  // namespace

bool Engine::create_number(const Request& request, Item* item) {
  ItemFields fields;
  fields.cas = new_cas(request);
  fields.bits = made_item_key_bits(request);
  const Digits digits(request.arithmetic.initial);
  const std::string_view value = digits.view();
  const PutStatus status = store_.put(request.key, {}, fields, {&value, 1}, now_s_, item);
  count_refused(status);
  return status == PutStatus::kStored;
}

// A shorter number keeps the value's length, padded with spaces, so the item is updated in place.
bool Engine::write_number(const Request& request, std::uint64_t value, Item* item) {
  const Digits digits(value);
  std::string padded;  // most numbers fit into the string object itself
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

// The order of the checks is memcached's: values that cannot be numbers, the cas, the digits.
ArithmeticStatus Engine::add_to(const Request& request, Item* item, std::uint64_t* number) {
  if (item->value_length() == 0) return ArithmeticStatus::kNonNumeric;
  const bool compares = request.flags.has_compare_cas && request.compare_cas != 0;
  if (compares && item->cas() != request.compare_cas) return ArithmeticStatus::kExists;
  if (item->chained() || !read_number(item->contiguous_value(), *number)) {
    return ArithmeticStatus::kNonNumeric;
  }
  BandCounters& band = band_of(*item);
  ++(request.arithmetic.decrement ? band.decr_hits : band.incr_hits);
  *number = apply_delta(request.arithmetic, *number);
  return write_number(request, *number, item) ? ArithmeticStatus::kDone
                                              : ArithmeticStatus::kNoMemory;
}

ArithmeticOutcome Engine::arithmetic(const Request& request) {
  ArithmeticOutcome outcome;
  outcome.now_s = now_s_;
  outcome.number = request.arithmetic.initial;
  const FindResult found = store_.find(request.key, now_s_);
  Item item = found.item;
  if (item) {
    outcome.status = add_to(request, &item, &outcome.number);
  } else if (request.flags.has_vivify) {
    if (found.miss != Miss::kAbsent) store_.count_replaced();
    outcome.created = create_number(request, &item);
    outcome.status = outcome.created ? ArithmeticStatus::kDone : ArithmeticStatus::kNoMemory;
  } else {
    const bool decrement = request.arithmetic.decrement;
    ++(decrement ? counters_.decr_misses : counters_.incr_misses);
  }
  if (outcome.status != ArithmeticStatus::kDone) return outcome;
  outcome.cas = item.cas();
  outcome.exptimes = set_exptime(request, item, outcome.created);
  return outcome;
}

}  // namespace isocache
