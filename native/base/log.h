// Lines on stderr, as text or as JSON objects (--log-format). The verbosity (-v, -vv, or the
// verbosity command) decides how much is logged.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace isocache {

enum class LogLevel : std::uint8_t { kInfo, kWarning, kError };

// A field that programs may look for. JSON only: in text the message contains it.
struct LogField {
  std::string name;
  std::variant<std::string, std::uint64_t, bool> value;
};

struct LogEntry {
  std::string message;
  LogLevel level = LogLevel::kInfo;
  std::vector<LogField> fields = {};
};

// In force from now on; before that, lines are text.
void log_as_json(bool json);
bool logs_json();

// From now on no thread waits for the reader of stderr. If a pipe or a terminal has no room for a
// line, the line is dropped, and the next written line says how many were. Before that, all lines
// are written.
void log_without_waiting();

// Writes the line in one piece, so that threads' lines do not mix. In JSON, bytes that are not
// UTF-8 become U+FFFD.
void log(std::span<const LogEntry> entries);
void log(const LogEntry& entry);
void log_line(std::string_view line, LogLevel level = LogLevel::kInfo);

// For programs that watch for guessed passwords. `client`: the result of peer_address().
void log_failed_login(std::string_view client);

// Explains why a client gets no answer: it speaks the binary protocol, or the text protocol, where
// that is not allowed.
void log_other_protocol(std::string_view client, bool binary);

// Makes bytes from outside safe for a terminal: keeps printable ASCII, and replaces all other bytes
// by '?'.
std::string printable(std::string_view text);

// One JSON object, without a newline: "time" (RFC 3339, UTC), "level", "message", then the fields.
std::string json_line(const LogEntry& entry, std::chrono::system_clock::time_point time);

// Shared by all threads. The verbosity command changes it.
class Verbosity {
 public:
  void set(unsigned level) { level_.store(level, std::memory_order_relaxed); }
  // -v: messages that an operator may want to know. -vv: connections and commands.
  bool notes() const { return level_.load(std::memory_order_relaxed) >= 1; }
  bool traffic() const { return level_.load(std::memory_order_relaxed) >= 2; }

 private:
  std::atomic<unsigned> level_{0};
};

}  // namespace isocache
