// set add replace append prepend cas ms.

#include <array>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "command/engine.h"
#include "command/exptime.h"
#include "command/key_bits.h"

namespace isocache {
namespace {

// An old value up to this length is copied before something is joined to it. A longer one is
// pinned.
constexpr std::size_t kCopiedOldBytes = 1024;

constexpr bool joins(StoreMode mode) {
  return mode == StoreMode::kAppend || mode == StoreMode::kPrepend;
}

StoreStatus status_of(PutStatus status) {
  switch (status) {
    case PutStatus::kStored: return StoreStatus::kStored;
    case PutStatus::kTooLarge: return StoreStatus::kTooLarge;
    case PutStatus::kNoMemory:
    case PutStatus::kWait: break;
  }
  return StoreStatus::kNoMemory;
}

// The pieces of a value that is joined. Those that lie in segments stay pinned as long as this
// lives, also if memory for the lists runs out.
class JoinedParts {
 public:
  explicit JoinedParts(Store& store) : store_(store) {}
  ~JoinedParts() {
    for (const SegmentId segment : pins_) store_.unpin(segment);
  }
  JoinedParts(const JoinedParts&) = delete;
  JoinedParts& operator=(const JoinedParts&) = delete;

  void add(std::string_view bytes) { parts_.push_back(bytes); }
  void add_pinned(const Piece& piece) {
    pins_.push_back(piece.segment);
    store_.pin(piece.segment);
    parts_.push_back(piece.bytes);
  }
  std::span<const std::string_view> view() const { return parts_; }

 private:
  Store& store_;
  std::vector<std::string_view> parts_;
  std::vector<SegmentId> pins_;
};

}  // namespace

// No item has the key.
StoreStatus Engine::may_create(const Request& request, ItemFields& fields) {
  if (request.store.mode == StoreMode::kAdd) return StoreStatus::kStored;
  if (joins(request.store.mode)) {
    if (!request.flags.has_vivify) return StoreStatus::kNotStored;
    fields.exptime = expiry_time(request.vivify_exptime, now_s_);
    return StoreStatus::kStored;
  }
  if (request.flags.has_compare_cas) {
    ++counters_.cas_misses;
    return StoreStatus::kNotFound;
  }
  return request.store.mode == StoreMode::kSet ? StoreStatus::kStored : StoreStatus::kNotStored;
}

// Compares the request's cas. With I, an older one may still store, because a late value is better
// than none. The item then stays stale.
bool Engine::passes_cas(const Request& request, Item old, ItemFields& fields) {
  // A cas of 0 stands for "none": it matches no item.
  const bool match = request.compare_cas != 0 && request.compare_cas == old.cas();
  // Append and prepend do not compare it, and memcached does not count what they compare.
  if (joins(request.store.mode)) return match || request.compare_cas == 0;
  const bool older = request.compare_cas != 0 && request.compare_cas < old.cas();
  const bool store_stale = request.flags.set_stale && older;
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

// Decides whether the value may be stored, and with which fields. As in memcached, the conditions
// of `add` and of a missing item come before the cas.
StoreStatus Engine::may_store(const Request& request, Item old, ItemFields& fields) {
  if (!old) return may_create(request, fields);
  if (request.store.mode == StoreMode::kAdd) return StoreStatus::kNotStored;
  if (request.flags.has_compare_cas && !passes_cas(request, old, fields)) {
    return StoreStatus::kExists;
  }
  if (joins(request.store.mode)) {
    fields.client_flags = old.client_flags();
    fields.exptime = old.exptime();
    fields.bits = made_item_key_bits(request);
  }
  return StoreStatus::kStored;
}

StoreStatus Engine::write_whole(const Request& request, Upload* upload, Item old,
                                const ItemFields& fields) {
  if (upload != nullptr) {
    if (store_.commit_upload(*upload, request.key, old, fields, now_s_)) {
      return StoreStatus::kStored;
    }
    count_refused(PutStatus::kNoMemory);
    drop_refused(request);
    return StoreStatus::kNoMemory;
  }
  const PutStatus status = store_.put(request.key, old, fields, {&request.store.value, 1}, now_s_);
  count_refused(status);
  if (status != PutStatus::kStored) drop_refused(request);
  return status_of(status);
}

// There is no memory for a value. As in memcached, a `set` then removes the old item, so that
// nobody reads a value that its writer believes to be replaced. The other commands keep it.
void Engine::drop_refused(const Request& request) {
  if (request.store.mode != StoreMode::kSet || request.flags.has_compare_cas) return;
  if (has_tier()) forget_record(request);
  if (const Item old = store_.find(request.key, now_s_).item) store_.remove(old);
}

// append, prepend: joins the old and the new value.
StoreStatus Engine::write_joined(const Request& request, Upload* upload, Item old,
                                 const ItemFields& fields, std::size_t* value_length) {
  *value_length = old.value_length() + request.store.value_length;
  if (!store_.fits(request.key.bytes.size(), *value_length)) {  // the old value stays
    if (upload != nullptr) store_.abort_upload(*upload);
    return StoreStatus::kNotStored;
  }
  const PutStatus status = put_joined(request, upload, old, fields);
  count_refused(status);
  if (upload != nullptr) store_.abort_upload(*upload);
  return status == PutStatus::kStored ? StoreStatus::kStored : StoreStatus::kNotStored;
}

// Both values may lie in segments, which stay pinned until they are joined.
PutStatus Engine::put_joined(const Request& request, const Upload* upload, Item old,
                             const ItemFields& fields) {
  std::array<char, kCopiedOldBytes> copy;
  JoinedParts parts(store_);
  const auto add_pinned = [&](const Piece& piece) { parts.add_pinned(piece); };
  const auto add_old = [&] {
    if (!old.chained() && old.value_length() <= copy.size()) {
      const std::string_view value = old.contiguous_value();
      std::memcpy(copy.data(), value.data(), value.size());
      parts.add({copy.data(), value.size()});
    } else {
      store_.for_each_piece(old, add_pinned);
    }
  };
  const auto add_new = [&] {
    if (upload != nullptr) {
      store_.for_each_uploaded_piece(*upload, add_pinned);
    } else {
      parts.add(request.store.value);
    }
  };
  if (request.store.mode == StoreMode::kAppend) {
    add_old();
    add_new();
  } else {
    add_new();
    add_old();
  }
  return store_.put(request.key, old, fields, parts.view(), now_s_);
}

// True if the value can never be stored. As in memcached, `set` and `ms` then remove the old item,
// so that nobody reads a value that its writer believes to be replaced. The other commands keep it.
bool Engine::refuse_too_large(const Request& request) {
  const StoreFields& sent = request.store;
  if (store_.fits(request.key.bytes.size(), sent.value_length)) [[likely]]
    return false;
  count_refused(PutStatus::kTooLarge);
  const bool is_set = sent.mode == StoreMode::kSet && !request.flags.has_compare_cas;
  if (is_set || sent.too_large_removes) {
    if (has_tier()) forget_record(request);
    if (const Item old = store_.find(request.key, now_s_).item) store_.remove(old);
  }
  return true;
}

StoreOutcome Engine::store(const Request& request, Upload* upload) {
  const std::size_t sent_length = request.store.value_length;
  StoreOutcome outcome{StoreStatus::kTooLarge, 0, sent_length};
  if (upload == nullptr && refuse_too_large(request)) return outcome;
  const FindResult found = store_.find(request.key, now_s_);
  const Item old = found.item;
  ++counters_.bands[Store::band_of(request.key.bytes.size(), sent_length)].cmd_set;
  ItemFields fields;
  fields.client_flags = request.client_flags;
  fields.exptime = expiry_time(request.exptime, now_s_);
  fields.bits = request.flags.binary_key ? kBinaryKey : 0;

  outcome.status = may_store(request, old, fields);
  if (outcome.status != StoreStatus::kStored) {
    if (upload != nullptr) store_.abort_upload(*upload);
    return outcome;
  }
  if (found.miss != Miss::kAbsent) [[unlikely]]
    store_.count_replaced();
  fields.cas = new_cas(request);
  std::size_t value_length = sent_length;
  outcome.status = old && joins(request.store.mode)
                       ? write_joined(request, upload, old, fields, &value_length)
                       : write_whole(request, upload, old, fields);
  if (outcome.status == StoreStatus::kStored) {
    outcome.cas = fields.cas;
    outcome.value_length = value_length;
  }
  return outcome;
}

}  // namespace isocache
