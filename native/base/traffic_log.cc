#include "native/base/traffic_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "native/base/parse_number.h"

namespace isocache {
namespace {

constexpr std::size_t kShownBytes = 200;
// The longest key, and the words around it.
constexpr std::size_t kKeptBytes = 512;

LogEntry entry_of(Direction direction, int fd, std::string_view text) {
  std::string line(text.substr(0, std::min(text.find_first_of("\r\n"), kShownBytes)));
  // No byte from a client may control the operator's terminal. JSON keeps its letters.
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  const bool json = logs_json();
  return {.message = fmt::format("{}{} {}", static_cast<char>(direction), fd,
                                 json ? line : printable(line)),
          .fields = {{"fd", std::uint64_t(fd)},
                     {"received", direction == Direction::kReceived},
                     {"line", line}}};
}

// The word at this place of the line; empty if there are fewer.
std::string_view word_at(std::string_view line, std::size_t place) {
  constexpr std::string_view kBetween = " \r\n";
  for (;; --place) {
    line.remove_prefix(std::min(line.find_first_not_of(kBetween), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(kBetween));
    if (place == 0) return word;
    line.remove_prefix(word.size());
  }
}

struct ValueLine {
  std::string_view word;
  std::size_t length_at;  // the place of the word that says how long the value is
};

constexpr std::array<ValueLine, 7> kCommands = {
    {{"set", 4}, {"add", 4}, {"replace", 4}, {"append", 4}, {"prepend", 4}, {"cas", 4}, {"ms", 2}}};
constexpr std::array<ValueLine, 2> kReplies = {{{"VALUE", 3}, {"VA", 1}}};

// The length of the value behind the line; null: none follows.
std::optional<std::uint64_t> value_behind(std::string_view line, Direction direction) {
  const std::string_view first = word_at(line, 0);
  const auto look = [&](const auto& lines) -> std::optional<std::uint64_t> {
    const auto* const known = std::ranges::find(lines, first, &ValueLine::word);
    std::uint32_t bytes = 0;
    if (known == lines.end() || !parse_number(word_at(line, known->length_at), bytes)) {
      return std::nullopt;
    }
    return bytes;
  };
  return direction == Direction::kReceived ? look(kCommands) : look(kReplies);
}

bool is_row(std::string_view line) { return line.starts_with("STAT "); }

}  // namespace

void log_traffic(Direction direction, int fd, std::string_view line) {
  log(entry_of(direction, fd, line));
}

void TrafficLog::add(std::string_view bytes) {
  while (!bytes.empty()) {
    if (value_bytes_ != 0) {
      const std::size_t skipped = std::min<std::uint64_t>(value_bytes_, bytes.size());
      value_bytes_ -= skipped;
      bytes.remove_prefix(skipped);
      continue;
    }
    const std::size_t end = bytes.find('\n');
    line_.append(bytes.substr(0, std::min(end, kKeptBytes - line_.size())));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    end_line();
  }
}

void TrafficLog::end_line() {
  const bool behind_value = std::exchange(ends_value_, false);
  const bool lists_on = std::exchange(lists_, is_row(line_)) && lists_;
  if (!behind_value && !lists_on) {
    if (found_.size() < kMostLines) {
      found_.push_back(entry_of(direction_, fd_, line_));
    } else {
      ++left_out_;
    }
  }
  if (!behind_value) {
    const std::optional<std::uint64_t> value = value_behind(line_, direction_);
    value_bytes_ = value.value_or(0);
    ends_value_ = value.has_value();
  }
  line_.clear();
}

void TrafficLog::print() {
  if (const std::size_t more = std::exchange(left_out_, 0); more != 0) {
    LogEntry entry = entry_of(direction_, fd_, fmt::format("({} more lines)", more));
    entry.fields.emplace_back("left_out", std::uint64_t{more});
    found_.push_back(std::move(entry));
  }
  log(found_);
  found_.clear();
}

void TrafficLog::begin_line() {
  value_bytes_ = 0;
  ends_value_ = false;
  line_.clear();
}

}  // namespace isocache
