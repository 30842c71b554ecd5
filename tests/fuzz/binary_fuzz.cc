// Frames of the binary protocol over a session, most of them well formed: each is answered as its
// opcode says, in order, however the bytes were cut into pieces, and the store stays consistent.
// Bytes that are no frames are session_fuzz.cc's.
//
//   byte 0-1: seed for the pieces
//   then for each frame: opcode, key and cas (a byte), length of the value, exptime (a byte)
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "command/single_backend.h"
#include "session/session.h"
#include "store/store.h"
#include "support/binary_frames.h"
#include "support/session_output.h"
#include "support/test_memory.h"

namespace {

using namespace isocache;
using binary::Opcode;

constexpr UnixSeconds kStart_s = 1'700'000'000;
constexpr std::size_t kHeadBytes = 2;
constexpr std::size_t kMostPieceBytes = 5000;
constexpr std::size_t kFrameBytes = 4;
constexpr std::size_t kStoreBytes = 4U << 20;
constexpr std::size_t kMaxItemBytes = 64U << 10;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "binary_fuzz: %s\n", what);
  std::abort();
}

std::string extras_of(Opcode opcode, std::uint32_t exptime) {
  switch (opcode) {
    case Opcode::kSet:
    case Opcode::kSetQ:
    case Opcode::kAdd:
    case Opcode::kAddQ:
    case Opcode::kReplace:
    case Opcode::kReplaceQ: return binary::store_extras(exptime, exptime);
    case Opcode::kIncrement:
    case Opcode::kIncrementQ:
    case Opcode::kDecrement:
    case Opcode::kDecrementQ: return binary::number_extras(exptime, 7, exptime);
    case Opcode::kTouch:
    case Opcode::kGat:
    case Opcode::kGatQ:
    case Opcode::kGatK:
    case Opcode::kGatKQ: return binary::number_bytes(exptime);
    default: return {};
  }
}

bool takes_value(Opcode opcode) {
  switch (opcode) {
    case Opcode::kSet:
    case Opcode::kSetQ:
    case Opcode::kAdd:
    case Opcode::kAddQ:
    case Opcode::kReplace:
    case Opcode::kReplaceQ:
    case Opcode::kAppend:
    case Opcode::kAppendQ:
    case Opcode::kPrepend:
    case Opcode::kPrependQ: return true;
    default: return false;
  }
}

std::string key_of(Opcode opcode, std::uint8_t choice) {
  constexpr std::string_view kKeys[] = {"a", "b", "n", "a key\r\n"};
  switch (opcode) {
    case Opcode::kNoop:
    case Opcode::kVersion:
    case Opcode::kQuit:
    case Opcode::kQuitQ:
    case Opcode::kFlush:
    case Opcode::kFlushQ:
    case Opcode::kSaslList: return {};
    case Opcode::kStat: return "sizes";
    default: return std::string(kKeys[choice % std::size(kKeys)]);
  }
}

std::string frame_of(const std::uint8_t* bytes, std::uint32_t opaque) {
  constexpr std::uint8_t kCasBit = 0x80;
  constexpr std::uint32_t kNoExptime = 0xFFFFFFFF;
  const auto opcode = static_cast<Opcode>(bytes[0]);
  const std::size_t length = bytes[2] < 250 ? bytes[2] : (bytes[2] - 249U) * 15'000U;
  return binary::frame(
      opcode,
      {.key = key_of(opcode, bytes[1]),
       .value = std::string(takes_value(opcode) ? length : 0, bytes[2] % 3 == 0 ? '1' : 'v'),
       .extras = extras_of(opcode, bytes[3] == 0xFF ? kNoExptime : bytes[3]),
       .cas = (bytes[1] & kCasBit) != 0 ? bytes[3] : 0U,
       .opaque = opaque});
}

class World {
 public:
  World()
      : store_(options(), memory_), backend_(store_, settings(), options().hash_key, kStart_s) {}

  // Feeds all bytes, at most `most` at a time, and returns the replies.
  std::string run(std::string_view bytes, std::size_t most, std::uint32_t seed) {
    Session session(backend_, clock_, {});
    std::string replies;
    while (!bytes.empty() && !session.closing()) {
      seed = seed * 1664525U + 1013904223U;
      const std::size_t piece = std::min<std::size_t>(bytes.size(), 1 + (seed >> 8U) % most);
      session.feed(bytes.substr(0, piece));
      bytes.remove_prefix(piece);
      replies += take_output(session, backend_);
      while (session.wants_turn()) {
        session.resume();
        replies += take_output(session, backend_);
      }
    }
    require(bytes.empty() ? session.buffered() == 0 : session.closing(), "bytes are left");
    const char* const broken = store_.broken_invariant();
    require(broken == nullptr, broken == nullptr ? "" : broken);
    return replies;
  }

 private:
  static StoreOptions options() {
    return {
        .memory_limit = kStoreBytes, .max_item_size = kMaxItemBytes, .hash_key = hash_key_of(1)};
  }
  static Settings settings() {
    Settings settings;
    settings.max_item_bytes = kMaxItemBytes;
    return settings;
  }

  Clock clock_{kStart_s};
  TestMemory memory_;
  Store store_;
  SingleBackend backend_;
};

// Every frame that is not quiet has a reply, and replies keep the order.
void check_replies(const std::string& bytes, std::uint32_t frames) {
  std::uint32_t last = 0;
  for (const binary::Reply& reply : binary::parse_replies(bytes)) {
    require(reply.opcode != Opcode() || reply.opaque != 0, "half a reply");
    require(reply.opaque >= last && reply.opaque <= frames, "replies out of order");
    last = reply.opaque;
  }
}

}  // namespace

// No header of libFuzzer declares it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kHeadBytes) return 0;
  const std::uint32_t seed = data[0] * 256U + data[1];
  std::string bytes;
  std::uint32_t frames = 0;
  for (std::size_t at = kHeadBytes; at + kFrameBytes <= size; at += kFrameBytes) {
    bytes += frame_of(data + at, ++frames);
  }
  const std::string cut = World().run(bytes, kMostPieceBytes, seed);
  check_replies(cut, frames);
  require(World().run(bytes, bytes.size() + 1, seed) == cut, "the pieces changed the answer");
  return 0;
}
