// All limits that the engine enforces, by name, in one place. If users can set a limit, its default
// is here. The error reply for each limit is in protocol/replies.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isocache::limits {

// Protocol (the values are memcached's).
inline constexpr std::size_t kMaxKeyBytes = 250;
inline constexpr std::size_t kMaxOpaqueBytes = 32;         // with the leading 'O'
inline constexpr std::size_t kMaxCommandLineBytes = 2048;  // get and gets may be longer
inline constexpr std::size_t kMaxWholeRetrievalBytes =
    16384;  // for get and gets; the keys of longer lines are read as they arrive
// The largest value length that can be parsed. memcached keeps it in an int, and adds the two bytes
// of "\r\n".
inline constexpr std::uint64_t kMaxSentValueBytes = 0x7FFFFFFF - 2;
inline constexpr std::uint32_t kMaxRelativeExptimeS = 60 * 60 * 24 * 30;
// memcached's exptimes have 31 bits, which end on 2038-01-19. After that day no date would fit any
// more, so an exptime may then have 32 bits.
inline constexpr std::int64_t kMaxExptimeS = 0x7FFFFFFF;
inline constexpr std::int64_t kMaxLateExptimeS = 0xFFFFFFFF;

// Items.
inline constexpr std::size_t kDefaultMaxItemBytes = 1U << 20;  // -I
inline constexpr std::size_t kMinMaxItemBytes = 1U << 10;
inline constexpr std::size_t kMaxMaxItemBytes = 1U << 30;

// Memory.
inline constexpr std::size_t kSegmentBytes = 64U << 10;
inline constexpr std::size_t kDefaultMemoryBytes = 64U << 20;  // -m
inline constexpr std::size_t kMinStoreBytes = 1U << 20;  // one shard; smaller shards work badly
inline constexpr std::uint64_t kMaxStoreBytes =
    std::uint64_t{1} << 40;  // one shard; the index can point at twice that

// A session.
inline constexpr std::size_t kBatchRequests = 32;  // parsed ahead, executed together
inline constexpr std::size_t kDefaultRequestsPerTurn =
    256;                                                // -R: then other connections get a turn
inline constexpr std::size_t kPinnedValueBytes = 4096;  // larger values are sent from the segment
inline constexpr std::size_t kSmallValueBytes = 512;    // smaller values too, if much is unsent
inline constexpr std::size_t kUploadBytes = 16384;      // larger values are read into item memory
// When so many bytes of replies are unsent, a connection is neither read nor executed: copied
// bytes, and bytes in all. Together with one read (32 KB), a client that reads nothing costs 64 KB.
// One reply may exceed these limits.
inline constexpr std::size_t kDefaultOutputTextBytes = 24U << 10;
inline constexpr std::size_t kDefaultOutputBytes = 1U << 20;
inline constexpr std::size_t kDefaultOutputRefs = 32;
inline constexpr std::size_t kMaxLateReplies = 32;  // that a session waits for at one time
// How much is read ahead while nothing is executed because a late reply has to come first.
inline constexpr std::size_t kInputBytesWhileLate = 16U << 10;

// How many records a slice of a dump visits under its shard's lock, live or not: some microseconds.
inline constexpr std::size_t kScanRecords = 1024;

// Limits of `stats detail` for one shard. When it is on, they amount to 0.35 MB a shard at most.
inline constexpr std::size_t kMaxPrefixes = 4096;
inline constexpr std::size_t kMaxPrefixNameBytes = 128U << 10;

// Limits for a client that has to log in. The host enforces the time: it asks Session::logged_in().
inline constexpr std::uint32_t kLoginLimit_s = 30;        // from the start of the connection
inline constexpr std::size_t kMaxLoginValueBytes = 2048;  // user and password
inline constexpr unsigned kMaxFailedLogins = 10;          // then the connection is closed

}  // namespace isocache::limits
