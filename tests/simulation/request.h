// One command of a client: what was sent, and what its reply must look like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "simulation/journal.h"
#include "simulation/values.h"

namespace isocache::simulation {

// Keys are numbers; what they are used for follows from the range.
enum class KeyUse : std::uint8_t { kValue, kExpiring, kNumber, kData, kPointer };
inline constexpr KeyId kKeysPerUse = 4096;
constexpr KeyId key_id(KeyUse use, KeyId number) {
  return static_cast<KeyId>(use) * kKeysPerUse + number;
}
constexpr KeyUse use_of(KeyId key) { return static_cast<KeyUse>(key / kKeysPerUse); }
std::string key_name(KeyId key);

enum class Command : std::uint8_t {
  kGet,        // get gets gat gats
  kMetaGet,    // mg
  kStore,      // set add replace append prepend cas
  kMetaStore,  // ms
  kDelete,
  kMetaDelete,
  kTouch,
  kArithmetic,  // incr decr
  kMetaArithmetic,
  kNoop,     // mn
  kOneLine,  // an administrative command with a reply of one line
  kFlush,
  kStats,
  kMetadump,
  kMgdump,
};

enum class Mode : std::uint8_t { kSet, kAdd, kReplace, kAppend, kPrepend, kCas };

struct ClientRequest {
  Command command = Command::kNoop;
  Mode mode = Mode::kSet;
  bool no_reply = false;  // text: nothing is ever answered
  bool quiet = false;     // meta q: an answer that says nothing new is left out
  bool return_cas = false;
  bool return_value = false;
  bool touches = false;         // gat, mg T, touch
  bool may_be_refused = false;  // one of several quiet stores was
  bool begun = false;           // the server has received its first byte
  bool given_up = false;        // it was late, perhaps, and answered as a miss
  Time begun_at = 0;
  std::vector<KeyId> keys;
  std::size_t next_key = 0;  // the first that was not answered
  Version version = 0;       // unique; the opaque of meta commands, the version that a store writes
  std::size_t length = 0;    // of the value that it stores
  std::uint32_t client_flags = 0;
  std::uint32_t ttl_s = 0;    // 0: none
  std::uint32_t delay_s = 0;  // of a flush
  unsigned prefix = 0;        // that it flushes; 0: everything
  std::uint64_t cas = 0;
  Version cas_base = 0;          // the version that has this cas
  std::uint64_t begin_byte = 0;  // in all that the client sends
  std::uint64_t end_byte = 0;

  KeyId key() const { return keys.front(); }
};

}  // namespace isocache::simulation
