#include "native/base/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string>

namespace isocache {
namespace {

std::atomic<bool> as_json{false};

std::string_view prefix(LogLevel level) { return level == LogLevel::kWarning ? "warning: " : ""; }

std::string one_line(const LogEntry& entry, std::chrono::system_clock::time_point now) {
  if (logs_json()) return json_line(entry, now) + '\n';
  return fmt::format("{}{}\n", prefix(entry.level), entry.message);
}

LogEntry lines_dropped(std::uint64_t count) {
  return {.message = fmt::format("{} log lines dropped: stderr was full", count),
          .level = LogLevel::kWarning,
          .fields = {{"dropped", count}}};
}

// stderr is shared with other processes, so it cannot be made non-blocking for this one alone.
class StandardError {
 public:
  void stop_waiting() { waits_ = false; }
  void write(std::span<const LogEntry> entries);

 private:
  // If poll() reports a pipe as writable, it takes this many bytes at once (PIPE_BUF).
  static constexpr std::size_t kPieceBytes = 4096;

  bool has_room() const;
  bool write_line(std::string_view line);

  std::atomic<bool> waits_{true};
  std::mutex mutex_;           // covers the fields below
  std::uint64_t dropped_ = 0;  // lines that no later line has reported yet
  bool cut_off_ = false;       // the last line was not written to its end
};

bool StandardError::has_room() const {
  if (waits_) return true;
  pollfd stream{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  return ::poll(&stream, 1, 0) != 0;
}

// Returns false if the line, or its end, was dropped.
bool StandardError::write_line(std::string_view line) {
  while (!line.empty()) {
    if (!has_room()) return false;
    const auto written = ::write(STDERR_FILENO, line.data(), std::min(line.size(), kPieceBytes));
    if (written < 0 && errno == EAGAIN) return false;  // another process made it non-blocking
    if (written <= 0) return true;                     // nobody will ever read it
    line.remove_prefix(static_cast<std::size_t>(written));
    cut_off_ = !line.empty();
  }
  return true;
}

void StandardError::write(std::span<const LogEntry> entries) {
  const auto now = std::chrono::system_clock::now();
  std::vector<std::string> lines;
  lines.reserve(entries.size());
  for (const LogEntry& entry : entries) lines.push_back(one_line(entry, now));
  const std::lock_guard lock(mutex_);
  for (std::string& line : lines) {
    if (dropped_ != 0) line.insert(0, one_line(lines_dropped(dropped_), now));
    if (cut_off_) line.insert(0, 1, '\n');
    dropped_ = write_line(line) ? 0 : dropped_ + 1;
  }
}

StandardError standard_error;

}  // namespace

void log_as_json(bool json) { as_json.store(json, std::memory_order_relaxed); }

bool logs_json() { return as_json.load(std::memory_order_relaxed); }

void log_without_waiting() { standard_error.stop_waiting(); }

void log(std::span<const LogEntry> entries) { standard_error.write(entries); }

void log(const LogEntry& entry) { log(std::span(&entry, 1)); }

void log_line(std::string_view line, LogLevel level) {
  log(LogEntry{.message = std::string(line), .level = level});
}

std::string printable(std::string_view text) {
  std::string safe(text);
  // Above 0x7f there are other control characters, alone (0x9b begins a sequence) and in UTF-8
  // (U+202E turns the rest of the line around).
  std::ranges::replace_if(
      safe, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return safe;
}

void log_failed_login(std::string_view client) {
  log(LogEntry{.message = fmt::format("login failed: {}", client),
               .level = LogLevel::kWarning,
               .fields = {{"client", std::string(client)}}});
}

void log_other_protocol(std::string_view client, bool binary) {
  log(LogEntry{
      .message = fmt::format("closed {}: it speaks the {} protocol, which -B does not allow",
                             client, binary ? "binary" : "text"),
      .level = LogLevel::kWarning,
      .fields = {{"client", std::string(client)}}});
}

}  // namespace isocache
