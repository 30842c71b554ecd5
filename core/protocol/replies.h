// Every reply that is a fixed text, in memcached's words.
#pragma once

#include <string_view>

namespace isocache::reply {

// Outcomes, text protocol.
inline constexpr std::string_view kStored = "STORED\r\n";
inline constexpr std::string_view kNotStored = "NOT_STORED\r\n";
inline constexpr std::string_view kExists = "EXISTS\r\n";
inline constexpr std::string_view kNotFound = "NOT_FOUND\r\n";
inline constexpr std::string_view kDeleted = "DELETED\r\n";
inline constexpr std::string_view kTouched = "TOUCHED\r\n";
inline constexpr std::string_view kOk = "OK\r\n";
inline constexpr std::string_view kEnd = "END\r\n";

// Outcomes, meta protocol: the code only, flags and "\r\n" follow.
inline constexpr std::string_view kMetaDone = "HD";
inline constexpr std::string_view kMetaValue = "VA ";
inline constexpr std::string_view kMetaMiss = "EN";
inline constexpr std::string_view kMetaNotFound = "NF";
inline constexpr std::string_view kMetaNotStored = "NS";
inline constexpr std::string_view kMetaExists = "EX";
inline constexpr std::string_view kMetaNoop = "MN\r\n";

// Errors of the client.
inline constexpr std::string_view kError = "ERROR\r\n";
inline constexpr std::string_view kBadFormat = "CLIENT_ERROR bad command line format\r\n";
// A retrieval with a key that is too long gets one line end too many, since 1.6.4x.
inline constexpr std::string_view kBadRetrievalKey = "CLIENT_ERROR bad command line format\r\n\r\n";
inline constexpr std::string_view kBadDeleteUsage =
    "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n";
inline constexpr std::string_view kBadDataChunk = "CLIENT_ERROR bad data chunk\r\n";
inline constexpr std::string_view kBadExptime = "CLIENT_ERROR invalid exptime argument\r\n";
inline constexpr std::string_view kBadDelta = "CLIENT_ERROR invalid numeric delta argument\r\n";
inline constexpr std::string_view kNonNumeric =
    "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n";
inline constexpr std::string_view kTooManyFlags = "CLIENT_ERROR options flags are too long\r\n";
inline constexpr std::string_view kDuplicateFlag = "CLIENT_ERROR duplicate flag\r\n";
inline constexpr std::string_view kInvalidFlag = "CLIENT_ERROR invalid flag\r\n";
inline constexpr std::string_view kInvalidOrDuplicateFlag =
    "CLIENT_ERROR invalid or duplicate flag\r\n";
inline constexpr std::string_view kBadToken = "CLIENT_ERROR bad token in command line format\r\n";
inline constexpr std::string_view kBadMetaDelta = "CLIENT_ERROR invalid numeric delta value\r\n";
inline constexpr std::string_view kBadMetaInitial =
    "CLIENT_ERROR invalid numeric initial value\r\n";
inline constexpr std::string_view kBadBase64Key = "CLIENT_ERROR error decoding key\r\n";
inline constexpr std::string_view kOpaqueTooLong = "CLIENT_ERROR opaque token too long\r\n";
inline constexpr std::string_view kBadSetMode = "CLIENT_ERROR invalid mode for ms M token\r\n";
inline constexpr std::string_view kBadArithmeticMode =
    "CLIENT_ERROR invalid mode for ma M token\r\n";

// Errors of a client that has not logged in.
inline constexpr std::string_view kUnauthenticated = "CLIENT_ERROR unauthenticated\r\n";
inline constexpr std::string_view kLoginFailed = "CLIENT_ERROR authentication failure\r\n";
inline constexpr std::string_view kBadLoginFormat =
    "CLIENT_ERROR bad authentication token format\r\n";
inline constexpr std::string_view kBadTermination = "CLIENT_ERROR bad command line termination\r\n";

// Errors of the server.
inline constexpr std::string_view kTooLarge = "SERVER_ERROR object too large for cache\r\n";
inline constexpr std::string_view kNoMemoryStoring =
    "SERVER_ERROR out of memory storing object\r\n";
inline constexpr std::string_view kNoMemory = "SERVER_ERROR out of memory\r\n";

}  // namespace isocache::reply
