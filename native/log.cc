#include "native/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace isocache {
namespace {

std::atomic<bool> as_json{false};

void write_out(std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

std::string_view prefix(LogLevel level) { return level == LogLevel::kWarning ? "warning: " : ""; }

}  // namespace

void log_as_json(bool json) { as_json.store(json, std::memory_order_relaxed); }

void log(std::span<const LogEntry> entries) {
  const bool json = as_json.load(std::memory_order_relaxed);
  const auto now = std::chrono::system_clock::now();
  std::string text;
  for (const LogEntry& entry : entries) {
    if (json) {
      text += json_line(entry, now);
    } else {
      text += prefix(entry.level);
      text += entry.message;
    }
    text += '\n';
  }
  write_out(text);
}

void log(const LogEntry& entry) { log(std::span(&entry, 1)); }

void log_line(std::string_view line, LogLevel level) {
  log(LogEntry{.message = std::string(line), .level = level});
}

std::string printable(std::string_view text) {
  std::string safe(text);
  // Above 0x7f there are controls of their own, alone (0x9b begins a sequence) and in UTF-8
  // (U+202E turns the rest of the line around).
  std::ranges::replace_if(
      safe, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return safe;
}

void log_traffic(char direction, int fd, std::string_view bytes) {
  constexpr std::size_t kShownBytes = 200;
  std::string line(bytes.substr(0, std::min(bytes.find_first_of("\r\n"), kShownBytes)));
  // Whatever a client sends must not steer the operator's terminal; JSON keeps its letters.
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  const bool json = as_json.load(std::memory_order_relaxed);
  log(LogEntry{
      .message = fmt::format("{}{} {}", direction, fd, json ? line : printable(line)),
      .fields = {{"fd", std::uint64_t(fd)}, {"received", direction == '<'}, {"line", line}}});
}

void log_failed_login(std::string_view client) {
  log(LogEntry{.message = fmt::format("login failed: {}", client),
               .level = LogLevel::kWarning,
               .fields = {{"client", std::string(client)}}});
}

void log_binary_client(std::string_view client) {
  log(LogEntry{.message = fmt::format("closed {}: it speaks the binary protocol, which is not "
                                      "supported; set the client to the text protocol",
                                      client),
               .level = LogLevel::kWarning,
               .fields = {{"client", std::string(client)}}});
}

}  // namespace isocache
