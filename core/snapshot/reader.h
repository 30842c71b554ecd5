// Puts the records of a snapshot back into a store. The host gives the records a buffer at a time,
// and has looked at the whole snapshot before: see check() in format.h.
//
// Restoring counts as an access: a snapshot does not keep when the last one was. An item that has
// expired is left out. For an item that is not stored, because there is no memory or it is too
// large, what the store had under its key goes as well, so that nobody reads a value that was to be
// replaced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "snapshot/format.h"
#include "store/store.h"

namespace isocache::snapshot {

class Reader {
 public:
  // REQUIRES: `store` outlives the reader.
  Reader(Store& store, UnixSeconds now_s) : store_(store), now_s_(now_s) {}

  // Restores the records that are whole at the beginning of `bytes`. Returns how many bytes they
  // take. 0: the first one is not whole. Take a larger buffer, or begin_large().
  std::size_t restore(std::string_view bytes);

  // A record whose value goes straight into item memory. `head` is the record but for its value.
  // True: fill the upload's windows (Store::upload_window) with the value, then end_large(). False:
  // the record is not wanted, or there is no memory for it.
  bool begin_large(std::string_view head, Upload* upload);
  // The windows are full, or there was no memory for the next one.
  void end_large(std::string_view head, Upload& upload);

  // The highest cas id restored so far, of those that a store has given out. The store's next ids
  // must be higher. An id from the upper half is one that a client chose (the E flag): no store
  // comes near it, and going on behind it could lead round to 0.
  std::uint64_t highest_cas() const { return highest_cas_; }

  // Counts the records of which the store holds the item, as restore() left it. `bytes` as for
  // restore(), but the last value may be cut off. Returns how many bytes the records take, with
  // their values.
  std::size_t count_held(std::string_view bytes);
  std::size_t held() const { return held_; }

 private:
  void restore_record(const RecordHeader& header, const char* record);
  bool is_held(const RecordHeader& header, const char* record);
  bool has_expired(const RecordHeader& header) const;
  Key key_of(const RecordHeader& header, const char* record) const;
  ItemFields fields_of(const RecordHeader& header, const Key& key);
  Item find(const Key& key) { return store_.find(key, now_s_).item; }
  void forget(const Key& key);

  Store& store_;
  UnixSeconds now_s_;
  std::uint64_t highest_cas_ = 0;
  std::size_t held_ = 0;
};

}  // namespace isocache::snapshot
