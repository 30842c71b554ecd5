// Lines on stderr, as text or as JSON objects (--log-format). How much is said is the user's
// verbosity (-v, -vv, or the verbosity command).
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

// Something that a program may look for; in JSON only, for the message says it too.
struct LogField {
  std::string name;
  std::variant<std::string, std::uint64_t, bool> value;
};

struct LogEntry {
  std::string message;
  LogLevel level = LogLevel::kInfo;
  std::vector<LogField> fields = {};
};

// From now on; text until then.
void log_as_json(bool json);

// From now on no thread waits for who reads stderr: lines that a pipe or a terminal has no room for
// are dropped, and the next line that is written says how many. Until then, all are written.
void log_without_waiting();

// Written in one piece, so that threads' lines do not mix. Bytes that are no UTF-8 become U+FFFD in
// JSON.
void log(std::span<const LogEntry> entries);
void log(const LogEntry& entry);
void log_line(std::string_view line, LogLevel level = LogLevel::kInfo);

// For whoever watches for guessed passwords. `client`: as peer_address() gives it.
void log_failed_login(std::string_view client);

// For whoever wonders why a client gets no answer.
void log_binary_client(std::string_view client);

// Of what somebody else sent, only what cannot steer a terminal: ASCII, all else as '?'.
std::string printable(std::string_view text);

// One object, without a newline: "time" (RFC 3339, UTC), "level", "message", then the fields.
std::string json_line(const LogEntry& entry, std::chrono::system_clock::time_point time);

// Shared by all threads; changed by the verbosity command.
class Verbosity {
 public:
  void set(unsigned level) { level_.store(level, std::memory_order_relaxed); }
  // -v: what an operator may want to know. -vv: connections and commands.
  bool notes() const { return level_.load(std::memory_order_relaxed) >= 1; }
  bool traffic() const { return level_.load(std::memory_order_relaxed) >= 2; }

 private:
  std::atomic<unsigned> level_{0};
};

// At -vv, as memcached prints them: "<27 get foo" and ">27 END". Only the first line of what came
// in one read or leaves in one write.
void log_traffic(char direction, int fd, std::string_view bytes);

}  // namespace isocache
