#include "model/random_clients.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

namespace isocache::model {
namespace {

constexpr UnixSeconds kStart_s = 1'700'000'000;
constexpr std::string_view kNoMemory = "SERVER_ERROR out of memory storing object\r\n";
constexpr int kOperationsBetweenChecks = 2000;
constexpr std::size_t kMostUploads = 3;
constexpr std::size_t kMostReaders = 3;
constexpr std::size_t kMostReadersAtWorst = 12;

// The order does not matter here.
template <typename T>
void drop(std::vector<T>& all, std::size_t at) {
  std::swap(all[at], all.back());
  all.pop_back();
}

}  // namespace

RandomClients::RandomClients(const RunOptions& options, std::uint32_t seed)
    : options_(options),
      random_(seed),
      memory_(options.worst ? 2 : 0),
      store_options_{.memory_limit = options.memory_limit,
                     .max_item_size = std::max<std::size_t>(options.largest_value * 4, 1U << 20),
                     .hash_key = options.worst ? weak_hash_key(seed) : hash_key_of(seed),
                     .evict = options.evict},
      store_(store_options_, memory_),
      backend_(store_, Settings{}, store_options_.hash_key, kStart_s),
      clock_{kStart_s},
      model_(kStart_s),
      main_(backend_, clock_, random_) {}

void RandomClients::run(int operations) {
  for (int i = 0; i < operations && !testing::Test::HasFailure(); ++i) {
    step();
    if (i % kOperationsBetweenChecks == 0) check();
  }
  finish_uploads();
  finish_readers();
  check();
  const std::map<std::string, ModelItem> all = model_.items();
  for (const auto& [key, item] : all) get({key});
}

// --- choosing ---

void RandomClients::step() {
  const unsigned choice = random_.below(34);
  if (choice < 11) {
    storage_step(choice);
  } else if (choice < 21) {
    item_step(choice);
  } else {
    other_step(choice);
  }
}

void RandomClients::storage_step(unsigned choice) {
  switch (choice) {
    case 0: add(); break;
    case 1: replace(); break;
    case 2: extend("append"); break;
    case 3: extend("prepend"); break;
    case 4:
    case 5: compare_and_set(); break;
    default: set();
  }
}

void RandomClients::item_step(unsigned choice) {
  switch (choice) {
    case 11:
    case 12: arithmetic(); break;
    case 13: touch(); break;
    case 14: remove(); break;
    case 15:
    case 16: meta_set(); break;
    case 17:
    case 18: meta_get(); break;
    case 19: meta_delete(); break;
    default: get_and_touch();
  }
}

void RandomClients::other_step(unsigned choice) {
  switch (choice) {
    case 21: start_upload(); break;
    case 22:
    case 23: continue_upload(); break;
    case 24: start_reader(); break;
    case 25: finish_reader(); break;
    case 26: backend_.engine().tick(model_.now_s()); break;
    case 27:
      if (options_.jump_clock && random_.one_in(20)) advance(random_.below(8));
      break;
    case 28:
      if (random_.one_in(1500)) flush();
      // Flushed items are counted until the next sweep, for which the clock must go on.
      if (options_.jump_clock && random_.one_in(400)) flush_prefix();
      break;
    default: get_some();
  }
}

std::string RandomClients::random_value(std::size_t largest) {
  const std::size_t top = random_.one_in(6) ? largest : std::min<std::size_t>(largest, 400);
  std::string value(random_.below(top + 1), '\0');
  std::uint32_t state = random_.bits();
  for (char& byte : value) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return value;
}

RandomClients::Exptime RandomClients::random_exptime() {
  switch (random_.below(14)) {
    case 0: return {"-1", 1};
    case 1: return {"2592001", 2592001};  // absolute, long past
    case 2:
    case 3: {
      const unsigned seconds = 1 + random_.below(30);
      return {std::to_string(seconds), model_.now_s() + seconds};
    }
    case 4: {
      const UnixSeconds at_s = model_.now_s() + 1 + random_.below(30);
      return {std::to_string(at_s), at_s};
    }
    default: return {"0", 0};
  }
}

// --- what may differ from the model ---

void RandomClients::lost(const std::string& key) {
  ++misses_;
  model_.erase(key);
  EXPECT_TRUE(options_.misses_allowed || is_uploaded(key))
      << key << " is lost, in a store with room";
}

// A set that is refused because memory is missing drops the old value at its first line, as in
// memcached. The refusal is read after the value has been sent.
bool RandomClients::is_uploaded(const std::string& key) const {
  return !options_.evict &&
         std::any_of(uploads_.begin(), uploads_.end(),
                     [&](const PendingUpload& upload) { return upload.key == key; });
}

bool RandomClients::was_refused(const std::string& reply) {
  if (reply != kNoMemory) return false;
  ++refused_;
  EXPECT_TRUE(options_.misses_allowed || !options_.evict) << "out of memory, in a store with room";
  return true;
}

void RandomClients::forget(const std::string& key) {
  const std::string reply = main_.ask("delete " + key + "\r\n");
  EXPECT_TRUE(reply == "DELETED\r\n" || reply == "NOT_FOUND\r\n") << reply;
  model_.erase(key);
}

// --- time ---

void RandomClients::advance(unsigned seconds) {
  model_.advance(seconds);
  clock_.now_s = model_.now_s();
}

void RandomClients::flush() {
  if (random_.one_in(2)) {
    EXPECT_EQ(main_.ask("flush_all\r\n"), "OK\r\n");
    model_.flush();
  } else {
    EXPECT_EQ(main_.ask("flush_all 5\r\n"), "OK\r\n");
    model_.flush_after(5);
  }
}

// Where memory is short, there may be none for the table of flushed prefixes.
void RandomClients::flush_prefix() {
  const std::string prefix = random_.one_in(2) ? "key" : "number";
  const std::string reply = main_.ask("flush_prefix " + prefix + "\r\n");
  if (reply == "SERVER_ERROR too many flushed prefixes\r\n") {
    EXPECT_TRUE(options_.misses_allowed || !options_.evict) << "no room, in a store with room";
    return;
  }
  EXPECT_EQ(reply, "OK\r\n");
  model_.flush_prefix(prefix);
}

// --- several connections ---

void RandomClients::start_upload() {
  if (uploads_.size() >= kMostUploads) return;
  PendingUpload upload;
  upload.key = text_key();
  upload.item = {random_value(options_.largest_value * 2), random_.bits(), 0};
  upload.connection = std::make_unique<Connection>(backend_, clock_, random_);
  upload.rest =
      storage_line("set", upload.key, upload.item.client_flags, "0", upload.item.value.size()) +
      upload.item.value + "\r\n";
  uploads_.push_back(std::move(upload));
}

void RandomClients::continue_upload() {
  if (uploads_.empty()) return;
  const std::size_t at = random_.below(uploads_.size());
  if (random_.one_in(20)) {  // the client disconnects in the middle
    if (!options_.evict) forget(uploads_[at].key);
    drop(uploads_, at);
    return;
  }
  PendingUpload& upload = uploads_[at];
  const std::size_t bytes = std::min<std::size_t>(upload.rest.size(), 1 + random_.below(50000));
  upload.connection->send(std::string_view(upload.rest).substr(0, bytes));
  upload.rest.erase(0, bytes);
  if (!upload.rest.empty()) return;
  const std::string reply = upload.connection->drain();
  if (was_refused(reply)) {
    forget(upload.key);
  } else {
    EXPECT_EQ(reply, "STORED\r\n") << upload.key;
    model_.put(upload.key, upload.item);
  }
  drop(uploads_, at);
}

void RandomClients::finish_uploads() {
  while (!uploads_.empty()) continue_upload();
}

void RandomClients::start_reader() {
  if (readers_.size() >= (options_.worst ? kMostReadersAtWorst : kMostReaders)) return;
  const std::string key = text_key();
  const ModelItem* item = model_.find(key);
  if (item == nullptr) return;
  SlowReader reader{std::make_unique<Connection>(backend_, clock_, random_),
                    value_block(key, *item) + "END\r\n"};
  reader.connection->send("get " + key + "\r\n");
  readers_.push_back(std::move(reader));
  if (random_.one_in(2)) overwrite(key);
}

// Stores as many other bytes: an update in place, unless a reply still refers to the old ones.
void RandomClients::overwrite(const std::string& key) {
  const ModelItem* item = model_.find(key);
  if (item == nullptr) return;
  std::string value = item->value;
  for (char& byte : value) byte = static_cast<char>(byte ^ 0x5a);
  const std::string reply =
      main_.ask(storage_line("set", key, 3, "0", value.size()) + value + "\r\n");
  if (was_refused(reply)) return forget(key);
  EXPECT_EQ(reply, "STORED\r\n");
  model_.put(key, {value, 3, 0});
}

void RandomClients::finish_reader() {
  if (readers_.empty()) return;
  const std::size_t at = random_.below(readers_.size());
  const std::string reply = readers_[at].connection->drain();
  if (reply == "END\r\n") {
    EXPECT_TRUE(options_.misses_allowed) << "a reader found nothing";
  } else {
    EXPECT_EQ(reply, readers_[at].expected) << "a reply changed while it waited";
  }
  drop(readers_, at);
}

void RandomClients::finish_readers() {
  while (!readers_.empty()) finish_reader();
}

// --- the store as a whole ---

void RandomClients::check() {
  const char* broken = store_.broken_invariant();
  ASSERT_EQ(broken, nullptr) << broken;
  EXPECT_LE(memory_.allocated_bytes(), options_.memory_limit);
  const MemoryUse use = store_.memory_use();
  EXPECT_LE(use.segment_bytes, options_.memory_limit);
  EXPECT_LE(use.index_bytes + use.ghost_bytes, options_.memory_limit);
  EXPECT_LE(use.item_bytes + use.dead_bytes, use.segment_bytes);
  if (!options_.misses_allowed) {
    EXPECT_GE(store_.item_count() + (options_.evict ? 0 : uploads_.size()), model_.live_count());
  }
  if (!options_.jump_clock && !options_.misses_allowed) {
    EXPECT_LE(store_.item_count(), model_.items().size() + 1);
  }
}

}  // namespace isocache::model
