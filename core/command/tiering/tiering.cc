#include "command/tiering/tiering.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <utility>
#include <vector>

#include "base/has_memory.h"
#include "command/program_parts.h"

namespace isocache {
namespace {

constexpr LateToken kTokensStep = 1024;  // more shards than any host has
// The index takes this part of the store's memory at most.
constexpr std::size_t kIndexShareNumerator = 3;
constexpr std::size_t kIndexShareDenominator = 4;
// The log's pages in memory, at most: an eighth of the store's, and no more than a fast device or
// the largest item needs. Half of them are always there, or those for the largest item, and the
// others while they are needed.
constexpr std::size_t kBufferShare = 8;
constexpr std::size_t kMinBufferPages = 8;
constexpr std::size_t kMaxBufferPages = 64;
constexpr std::size_t kPagesBesideRecord = 3;
constexpr std::size_t kWritesPerBuffer = 4;
constexpr std::size_t kMaxWritePages = 16;
constexpr std::size_t kIndexPagesInStock = 4;
// Buckets of the index that one background step moves.
constexpr std::size_t kIndexBuckets = 64;
// And one turn of a request. An eviction puts a thousand tiny items into the index at once, so it
// should not have to move much by then.
constexpr std::size_t kIndexBucketsInTurn = 16;
// Hits on the tier since a record was written, until it is worth being written again. One more
// counts each time an item that came back to memory was hit there until it was evicted. A record
// that is written again keeps one less than it had, so that one more hit is enough the next time.
constexpr unsigned kFrequencyToKeep = 3;
static_assert(kFrequencyToKeep <= TierEntryFormat::kMaxFrequency);

// Behind the first fields of a record lies the header of an item, as the store has it.
constexpr std::size_t kHeaderOffset = sizeof(tier::RecordHeader) - sizeof(ItemHeader);
static_assert(kHeaderOffset == 8 && offsetof(ItemHeader, key_length) == 2 &&
              offsetof(ItemHeader, cas) == 8 && offsetof(ItemHeader, last_access) == 20);

std::size_t pages_for_item(std::size_t max_item_bytes) {
  return max_item_bytes / tier::kPageRoomBytes + 1 + kPagesBesideRecord;
}

std::size_t buffer_pages(std::size_t segments, std::size_t max_item_bytes) {
  const std::size_t most = std::max(kMaxBufferPages, std::bit_ceil(pages_for_item(max_item_bytes)));
  return std::bit_floor(std::clamp(segments / kBufferShare, kMinBufferPages, most));
}

std::size_t index_pages(std::size_t limit_bytes) {
  return limit_bytes / limits::kSegmentBytes * kIndexShareNumerator / kIndexShareDenominator;
}

// Half of the buffer's pages, or as many as the largest item needs, if the buffer can have it.
std::size_t least_in_stock(std::size_t pages, std::size_t max_item_bytes) {
  const std::size_t for_item = pages_for_item(max_item_bytes);
  return (for_item <= pages ? std::max(pages / 2, for_item) : pages / 2) + kIndexPagesInStock;
}

}  // namespace

Tiering::Tiering(Device& device, const TieringOptions& options)
    : device_(device),
      options_(options),
      admission_(options.admission),
      reads_(device, options.max_reads, options.shard, kTokensStep),
      listings_(device, options.hash_key) {}

Tiering::~Tiering() { pages_.detach(); }

void Tiering::attach(Store& store) {
  store_ = &store;
  limit_bytes_ = store.memory_use().limit;
  tier::PageLogOptions log;
  log.part = options_.part;
  log.region_bytes = options_.region_bytes;
  log.max_pages = buffer_pages(limit_bytes_ / limits::kSegmentBytes, options_.max_item_bytes);
  log.write_pages = std::min(kMaxWritePages, log.max_pages / kWritesPerBuffer);
  log.shard = options_.shard;
  log.epoch = options_.epoch;
  log.first_sequence = options_.first_sequence;
  pages_.attach(store, least_in_stock(log.max_pages, options_.max_item_bytes), log.max_pages);
  TierIndexObserver& observer = *this;
  tier::LogOwner& owner = *this;
  index_ = std::make_unique<TierIndex>(pages_, options_.part.bytes / Device::kBlockBytes, observer);
  index_->set_max_pages(index_pages(limit_bytes_));
  log_ = std::make_unique<tier::PageLog>(device_, pages_, owner, log);
  reads_.attach(*log_);
  listings_.attach(store, *log_, *index_, options_.part.offset / options_.region_bytes);
}

std::size_t Tiering::largest_item_bytes(std::size_t memory_limit, std::size_t max_item_bytes,
                                        std::size_t region_bytes) {
  tier::PageLogOptions log;
  log.region_bytes = region_bytes;
  log.max_pages = buffer_pages(memory_limit / limits::kSegmentBytes, max_item_bytes);
  return tier::largest_record_pages(log) * tier::kPageRoomBytes - sizeof(tier::RecordHeader);
}

void Tiering::set(const TieringSettings& settings) {
  settings_ = settings;
  admission_.set_share(settings.unread_share);
}

void Tiering::on_time(UnixSeconds now_s) {
  now_s_ = now_s;
  if (const std::size_t limit = store_->memory_use().limit; limit != limit_bytes_) {
    const std::size_t pages = buffer_pages(limit / limits::kSegmentBytes, options_.max_item_bytes);
    pages_.set_bounds(least_in_stock(pages, options_.max_item_bytes), pages);
    index_->set_max_pages(index_pages(limit));
    limit_bytes_ = limit;
  }
  pages_.shrink();
  const tier::PageLogFigures log = log_->figures();
  if (replies_may_be_late()) {
    writes_.on_time(now_s, log_->writing(), log.ended_writes);
    cleaner_.on_time(now_s, log_->cleaner_reads(), log.cleaner.ended_reads);
    reads_.on_time(now_s);
  }
  if (options_.retries) {
    retry_.note(static_cast<std::uint32_t>(log.failed_writes), now_s);
    if (retry_.due(now_s)) retry();
  }
  admission_.on_written(log.written_bytes - written_bytes_);
  written_bytes_ = log.written_bytes;
  admission_.on_time(now_s);
}

// --- what the store evicts ------------------------------------------------------------------

bool Tiering::evicting(const ItemView& item, std::uint64_t hash) noexcept {
  if (index_->find(hash)) {  // its record is still true
    if (item.has(kFetched)) index_->touch(hash);
    return true;
  }
  if (!is_wanted(item)) {
    ++figures_.not_admitted;
    return false;
  }
  const bool is_kept = append(item, hash);
  if (!is_kept) ++figures_.not_appended;
  log_->keep_pace(item.key().size() + item.value_length());
  return is_kept;
}

bool Tiering::is_wanted(const ItemView& item) {
  const std::size_t key_bytes = item.key().size();
  const std::size_t value_bytes = item.value_length();
  if (memcached_item_bytes(key_bytes, value_bytes) < settings_.min_item_bytes) return false;
  const UnixSeconds exptime = item.exptime();
  if (exptime != 0 && (exptime <= now_s_ || exptime - now_s_ < settings_.min_ttl_s)) return false;
  // What the ghost knew when it was stored, the store has put into its main queue. There are also
  // items that were read while they were in the small one.
  return admission_.admits({.bytes = key_bytes + value_bytes,
                            .was_hit = item.has(kFetched),
                            .ghost_knows = item.standing().in_main,
                            .tier_full = full_});
}

bool Tiering::append(const ItemView& item, std::uint64_t hash) {
  std::array<std::string_view, 1> piece;
  std::vector<std::string_view> pieces;
  if (!item.chained()) {
    piece[0] = item.contiguous_value();
  } else if (!has_memory_for([&] {
               item.for_each_piece([&](const Piece& part) { pieces.push_back(part.bytes); });
             })) {
    return false;
  }
  const std::span<const std::string_view> value =
      item.chained() ? std::span<const std::string_view>(pieces) : piece;
  const tier::AppendResult appended =
      log_->append(hash, {.bits = static_cast<std::uint8_t>(item.bits() & ~kChained),
                          .client_flags = item.client_flags(),
                          .cas = item.cas(),
                          .exptime = item.exptime(),
                          .last_access = item.last_access(),
                          .key = item.key(),
                          .value = value});
  figures_.too_large += appended.status == tier::AppendStatus::kTooLarge ? 1 : 0;
  if (appended.status != tier::AppendStatus::kAppended) return false;
  const bool has_entry = index_->insert(hash, {appended.location, appended.length, 0});
  if (!has_entry) log_->forget(appended.location);
  return has_entry;
}

void Tiering::forget(std::uint64_t hash) {
  if (const TierEntry entry = index_->erase(hash)) log_->forget(entry.location);
}

void Tiering::flush() {
  release();
  log_->flush();
  index_->clear();
  admission_.on_emptied();
  full_ = false;
  sweeping_ = false;
}

void Tiering::stock_up() {
  pages_.refill(index_->pages());
  keep_pace();
}

void Tiering::keep_pace() {
  log_->keep_pace(0);
  index_->step(kIndexBucketsInTurn);
}

bool Tiering::step() {
  release();  // of a request that has found no memory half-way
  bool more = pages_.refill(index_->pages());
  more = log_->step() || more;
  if (replies_may_be_late()) more = reads_.step() || more;
  return index_->step(kIndexBuckets) || more;
}

// --- fetching -------------------------------------------------------------------------------

Tiering::Fetch Tiering::fetch(const Key& key, UnixSeconds now_s, Waker* waker) {
  release();
  keep_pace();
  const TierEntry entry = index_->find(key.hash);
  if (!entry) return gone();
  const tier::ReadResult result =
      log_->find_in_memory(entry.location, entry.length_code, key.bytes);
  if (result.status == tier::ReadStatus::kFound) return found(result.record, key, entry, now_s);
  if (result.status != tier::ReadStatus::kOnDevice) return missing(key.hash, entry);
  if (reads_.stalled()) {
    ++figures_.counters.not_waited;
    return not_now();
  }
  ColdRead& read = *reads_.join(key, entry);
  if (!read.ended()) {
    if (waker == nullptr || !replies_may_be_late()) return not_now();  // nobody could be told
    token_ = reads_.wait_for(read, waker);
    return Fetch::kLate;
  }
  const ColdReads::Use use(reads_, read);
  const Fetch judged = judge(read, key, entry, now_s);
  if (judged == Fetch::kFound) {
    reads_.use(read);
    fetched_from_ = &read;
  }
  return judged;
}

Tiering::Fetch Tiering::judge(const ColdRead& read, const Key& key, const TierEntry& entry,
                              UnixSeconds now_s) {
  if (read.state == ColdRead::State::kRefused) return not_now();
  if (read.state == ColdRead::State::kFailed) return missing(key.hash, entry);
  if (!log_->is_current(read.plan)) return missing(key.hash, entry);
  if (read.result.status == tier::ReadStatus::kFound) {
    return found(read.result.record, key, entry, now_s);
  }
  const bool is_anothers = log_->holds_another(read.plan, read.data(), key.hash);
  ++(is_anothers ? figures_.entries_replaced : figures_.counters.damaged);
  return missing(key.hash, entry);
}

Tiering::Fetch Tiering::fetch_again(LateToken token, const Key& key, UnixSeconds now_s,
                                    Waker* waker) {
  ColdRead* const read = reads_.take(token);
  if (read == nullptr) return fetch(key, now_s, waker);
  const ColdReads::Use use(reads_, *read);
  return fetch(key, now_s, waker);
}

void Tiering::put_off(LateToken token) { reads_.leave(token); }

void Tiering::abandon(LateToken token) {
  if (!reads_.leave(token)) return;
  ++figures_.counters.fetches;
  ++figures_.counters.abandoned;
}

Tiering::Fetch Tiering::found(const tier::RecordView& record, const Key& key,
                              const TierEntry& entry, UnixSeconds now_s) {
  const UnixSeconds exptime = record.header().exptime;
  if ((exptime != 0 && exptime <= now_s) ||
      store_->hides_on_tier(key.bytes, log_->position(entry.location, record.place()))) {
    return missing(key.hash, entry);
  }
  ++figures_.counters.fetches;
  ++figures_.records_read;
  figures_.bytes_read += record.bytes();
  fetched_ = record;
  fetched_entry_ = entry;
  fetched_hash_ = key.hash;
  return Fetch::kFound;
}

Tiering::Fetch Tiering::missing(std::uint64_t hash, const TierEntry& entry) {
  if (index_->erase_if(hash, entry.location)) log_->forget(entry.location);
  return gone();
}

// The record may be good.
Tiering::Fetch Tiering::not_now() {
  gone();
  return Fetch::kNotNow;
}

Tiering::Fetch Tiering::gone() {
  ++figures_.counters.fetches;
  ++figures_.counters.missing;
  return Fetch::kMissing;
}

void Tiering::release() {
  if (ColdRead* const read = std::exchange(fetched_from_, nullptr)) {
    reads_.end_use(*read);
  }
}

bool Tiering::may_answer() const {
  using Recache = TieringSettings::Recache;
  const tier::RecordHeader& header = fetched_.header();
  if ((header.bits & kStale) != 0 || header.short_value_length != header.value_length) return false;
  if (settings_.recache == Recache::kSecondHit) return fetched_entry_.frequency == 0;
  return settings_.recache == Recache::kNever;
}

void Tiering::note_answer(bool counts) {
  ++figures_.counters.answered;
  if (counts) index_->touch(fetched_hash_);
}

ItemHeader* Tiering::fetched_header() {
  copy_.assign(reinterpret_cast<const char*>(&fetched_.header()), sizeof(tier::RecordHeader));
  copy_.append(fetched_.key());
  fetched_.for_each_value_piece([this](std::string_view part) { copy_.append(part); });
  auto* const header = reinterpret_cast<ItemHeader*>(copy_.data() + kHeaderOffset);
  if (fetched_entry_.frequency != 0) header->bits |= kFetched;
  return header;
}

bool Tiering::bring_back(const Key& key, UnixSeconds now_s) {
  const tier::RecordHeader header = fetched_.header();
  std::vector<std::string_view> parts;
  fetched_.for_each_value_piece([&](std::string_view part) { parts.push_back(part); });
  // Making room may evict to the log, and so move its pages.
  std::string copy;  // not copy_, which would keep the memory of the largest item
  if (fetched_from_ == nullptr) {
    for (const std::string_view part : parts) copy.append(part);
    parts.assign(1, copy);
  }
  const auto bits =
      static_cast<std::uint8_t>(header.bits | (fetched_entry_.frequency != 0 ? kFetched : 0));
  const ItemFields fields{header.client_flags, header.exptime, header.cas, bits};
  const Standing standing{.in_main = true, .last_access = header.last_access};
  const PutStatus status = store_->put_back(key, fields, standing, parts, now_s);
  release();
  figures_.counters.recached += status == PutStatus::kStored ? 1 : 0;
  return status == PutStatus::kStored;
}

// --- tier::LogOwner -------------------------------------------------------------------------

void Tiering::on_lost(const TierEntry& entry) {
  ++figures_.entries_replaced;
  log_->forget(entry.location);
}

std::uint64_t Tiering::hash_of(std::string_view key) { return Store::hash(key, options_.hash_key); }

tier::Fate Tiering::fate(std::string_view key, std::uint64_t hash, tier::Location location,
                         std::uint64_t position) {
  full_ = true;
  const TierEntry entry = index_->find(hash);
  if (!entry || entry.location != location) return tier::Fate::kDead;
  if (store_->hides_on_tier(key, position)) return tier::Fate::kDrop;
  return entry.frequency >= kFrequencyToKeep ? tier::Fate::kKeep : tier::Fate::kDrop;
}

void Tiering::moved(std::uint64_t hash, tier::Location from, tier::Location to,
                    tier::LengthCode length) {
  const TierEntry old = index_->find(hash);
  const auto frequency = static_cast<std::uint8_t>(old.frequency - (old.frequency != 0 ? 1 : 0));
  if (!index_->replace(hash, from, {to, length, frequency})) log_->forget(to);
}

void Tiering::dropped(std::uint64_t hash, tier::Location location) {
  index_->erase_if(hash, location);
}

bool Tiering::sweep(tier::Location first, tier::Location end) {
  if (!sweeping_) sweep_ = {};
  sweeping_ = index_->sweep(sweep_, [&](const TierEntry& entry) {
    return entry.location >= first && entry.location < end;
  });
  return !sweeping_;
}

}  // namespace isocache
