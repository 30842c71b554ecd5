// Puts the records of a snapshot back into a store. The host passes the records one buffer at a
// time, after it has checked the whole snapshot: see check() in format.h.
//
// Restoring counts as an access, because a snapshot does not record the last one. Expired items are
// left out. If an item cannot be stored (there is no memory, or it is too large), the store's old
// item under its key is removed, too. So nobody reads a value that was meant to be replaced.
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

  // Restores all complete records at the beginning of `bytes`. Returns how many bytes they take. 0:
  // the first record is not complete. Pass a larger buffer, or use begin_large().
  std::size_t restore(std::string_view bytes);

  // Restores a record whose value goes straight into item memory. `head` is the record without its
  // value. True: fill the upload's windows (Store::upload_window) with the value, then call
  // end_large(). False: the record is not wanted, or there is no memory for it.
  bool begin_large(std::string_view head, Upload* upload);
  // Call it when the windows are full, or when there was no memory for the next one.
  void end_large(std::string_view head, Upload& upload);

  // The highest cas id restored so far, among ids that a store has given out. The store's next ids
  // must be higher. An id from the upper half was chosen by a client (the E flag). No store reaches
  // such ids, and counting on from one could wrap around to 0.
  std::uint64_t highest_cas() const { return highest_cas_; }

  // Counts the records whose items are in the store as restore() left them. `bytes` as for
  // restore(), but the last value may be cut off. Returns how many bytes the records take,
  // including their values.
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
