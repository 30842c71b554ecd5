// set add replace append prepend cas ms.

#include <array>
#include <cstring>
#include <vector>

#include "command/engine.h"
#include "command/exptime.h"
#include "command/item_text.h"
#include "command/reply_writer.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

// An old value up to this long is copied before something is joined to it; a longer one is pinned.
constexpr std::size_t kCopiedOldBytes = 1024;

constexpr bool joins(StoreMode mode) {
  return mode == StoreMode::kAppend || mode == StoreMode::kPrepend;
}

std::string_view text_reply(StoreOutcome outcome) {
  switch (outcome) {
    case StoreOutcome::kStored: return reply::kStored;
    case StoreOutcome::kNotStored: return reply::kNotStored;
    case StoreOutcome::kExists: return reply::kExists;
    case StoreOutcome::kNotFound: return reply::kNotFound;
    case StoreOutcome::kTooLarge: return reply::kTooLarge;
    case StoreOutcome::kNoMemory: return reply::kNoMemoryStoring;
  }
  return {};
}

std::string_view meta_code(StoreOutcome outcome) {
  switch (outcome) {
    case StoreOutcome::kStored: return reply::kMetaDone;
    case StoreOutcome::kNotStored: return reply::kMetaNotStored;
    case StoreOutcome::kExists: return reply::kMetaExists;
    default: return reply::kMetaNotFound;
  }
}

StoreOutcome outcome_of(PutStatus status) {
  switch (status) {
    case PutStatus::kStored: return StoreOutcome::kStored;
    case PutStatus::kTooLarge: return StoreOutcome::kTooLarge;
    case PutStatus::kNoMemory:
    case PutStatus::kWait: break;
  }
  return StoreOutcome::kNoMemory;
}

void word(StoreOutcome outcome, const Request& request, std::uint64_t cas, std::size_t value_length,
          Output& out) {
  const bool failed = outcome == StoreOutcome::kTooLarge || outcome == StoreOutcome::kNoMemory;
  if (request.style == ReplyStyle::kText) {
    if (!request.flags.no_reply) out.append(text_reply(outcome));
    return;
  }
  if (failed) {  // q does not hide errors
    out.append(text_reply(outcome));
    return;
  }
  if (request.flags.no_reply && outcome == StoreOutcome::kStored) return;
  out.append(meta_code(outcome));
  for_each_flag(request.flag_text, [&](std::string_view flag) {
    switch (flag.front()) {
      case 'c': append_flag(out, 'c', cas); break;
      case 's': append_flag(out, 's', value_length); break;
      default: append_echo(out, flag, request); break;
    }
  });
  out.append("\r\n");
}

}  // namespace

// No item has the key.
StoreOutcome Engine::decide_new(const Request& request, ItemFields& fields) {
  if (request.mode == StoreMode::kAdd) return StoreOutcome::kStored;
  if (joins(request.mode)) {
    if (!request.flags.has_vivify) return StoreOutcome::kNotStored;
    fields.exptime = expiry_time(request.vivify_exptime, now_s_);
    return StoreOutcome::kStored;
  }
  if (request.flags.has_compare_cas) {
    ++counters_.cas_misses;
    return StoreOutcome::kNotFound;
  }
  return request.mode == StoreMode::kSet ? StoreOutcome::kStored : StoreOutcome::kNotStored;
}

// Compares the request's cas. An older one may still store with I: a late answer to a recache is
// better than nothing, but stays stale.
bool Engine::passes_cas(const Request& request, Item old, ItemFields& fields) {
  // A cas of 0 stands for "none": it matches no item, and append and prepend do not compare it.
  if (joins(request.mode) && request.compare_cas == 0) return true;
  const bool match = request.compare_cas != 0 && request.compare_cas == old.cas();
  const bool older = request.compare_cas != 0 && request.compare_cas < old.cas();
  const bool store_stale = request.flags.set_stale && older && !joins(request.mode);
  BandCounters& band = band_of(old);
  if (!match && !store_stale) {
    ++band.cas_badval;
    return false;
  }
  ++band.cas_hits;
  if (!match) {
    fields.exptime = old.exptime();
    const int kept = kStale | (old.has(kWinSent) ? kWinSent : 0);
    fields.bits = static_cast<std::uint8_t>(fields.bits | kept);
  }
  return true;
}

// May it be stored, and if so with which fields? As in memcached, `add` and a missing item come
// before the cas.
StoreOutcome Engine::decide(const Request& request, Item old, ItemFields& fields) {
  if (!old) return decide_new(request, fields);
  if (request.mode == StoreMode::kAdd) return StoreOutcome::kNotStored;
  if (request.flags.has_compare_cas && !passes_cas(request, old, fields)) {
    return StoreOutcome::kExists;
  }
  if (joins(request.mode)) {
    fields.client_flags = old.client_flags();
    fields.exptime = old.exptime();
    fields.bits = made_item_key_bits(request);
  }
  return StoreOutcome::kStored;
}

StoreOutcome Engine::write_whole(Request& request, Item old, const ItemFields& fields) {
  if (request.upload != nullptr) {
    if (store_.commit_upload(*request.upload, request.key, old, fields, now_s_)) {
      return StoreOutcome::kStored;
    }
    count_refused(PutStatus::kNoMemory);
    drop_refused(request);
    return StoreOutcome::kNoMemory;
  }
  const PutStatus status = store_.put(request.key, old, fields, {&request.value, 1}, now_s_);
  count_refused(status);
  if (status != PutStatus::kStored) drop_refused(request);
  return outcome_of(status);
}

// For want of memory. As in memcached, a `set` then drops what the key held, so that nobody reads a
// value that its writer believes replaced. What the other commands would have changed stays.
void Engine::drop_refused(const Request& request) {
  if (request.mode != StoreMode::kSet || request.flags.has_compare_cas) return;
  if (const Item old = store_.find(request.key, now_s_).item) store_.remove(old);
}

// append, prepend: old and new value become one. Both may lie in segments, which are pinned
// meanwhile.
StoreOutcome Engine::write_joined(Request& request, Item old, const ItemFields& fields,
                                  std::size_t* value_length) {
  *value_length = old.value_length() + request.value_length;
  if (!store_.fits(request.key.bytes.size(), *value_length)) {  // the old value stays
    if (request.upload != nullptr) store_.abort_upload(*request.upload);
    return StoreOutcome::kNotStored;
  }
  std::array<char, kCopiedOldBytes> copy;
  std::vector<std::string_view> parts;
  std::vector<SegmentId> pins;
  const auto add_pinned = [&](const Store::Piece& piece) {
    store_.pin(piece.segment);
    pins.push_back(piece.segment);
    parts.push_back(piece.bytes);
  };
  const auto add_old = [&] {
    if (!old.chained() && old.value_length() <= copy.size()) {
      const std::string_view value = old.contiguous_value();
      std::memcpy(copy.data(), value.data(), value.size());
      parts.emplace_back(copy.data(), value.size());
    } else {
      store_.for_each_piece(old, add_pinned);
    }
  };
  const auto add_new = [&] {
    if (request.upload != nullptr) {
      store_.for_each_uploaded_piece(*request.upload, add_pinned);
    } else {
      parts.push_back(request.value);
    }
  };
  if (request.mode == StoreMode::kAppend) {
    add_old();
    add_new();
  } else {
    add_new();
    add_old();
  }
  const PutStatus status = store_.put(request.key, old, fields, parts, now_s_);
  count_refused(status);
  for (const SegmentId segment : pins) store_.unpin(segment);
  if (request.upload != nullptr) store_.abort_upload(*request.upload);
  return status == PutStatus::kStored ? StoreOutcome::kStored : StoreOutcome::kNotStored;
}

// True if the value can never be stored. As in memcached, `set` and `ms` then drop what the key
// held, so that nobody reads a value that its writer believes replaced; the other commands leave
// it.
bool Engine::refuse_too_large(const Request& request) {
  if (store_.fits(request.key.bytes.size(), request.value_length)) [[likely]]
    return false;
  count_refused(PutStatus::kTooLarge);
  const bool is_set = request.mode == StoreMode::kSet && !request.flags.has_compare_cas;
  if (is_set || request.style == ReplyStyle::kMeta) {
    if (const Item old = store_.find(request.key, now_s_).item) store_.remove(old);
  }
  return true;
}

void Engine::store(Request& request, Output& out) {
  if (request.upload == nullptr && refuse_too_large(request)) {
    word(StoreOutcome::kTooLarge, request, 0, 0, out);
    return;
  }
  const Item old = store_.find(request.key, now_s_).item;
  ++counters_.bands[Store::band_of(request.key.bytes.size(), request.value_length)].cmd_set;
  ItemFields fields;
  fields.client_flags = request.client_flags;
  fields.exptime = expiry_time(request.exptime, now_s_);
  fields.bits = request.flags.binary_key ? kBinaryKey : 0;

  std::size_t value_length = request.value_length;
  StoreOutcome outcome = decide(request, old, fields);
  if (outcome == StoreOutcome::kStored) {
    fields.cas = new_cas(request);
    outcome = old && joins(request.mode) ? write_joined(request, old, fields, &value_length)
                                         : write_whole(request, old, fields);
  } else if (request.upload != nullptr) {
    store_.abort_upload(*request.upload);
  }
  const bool stored = outcome == StoreOutcome::kStored;
  word(outcome, request, stored ? fields.cas : 0, stored ? value_length : request.value_length,
       out);
}

}  // namespace isocache
