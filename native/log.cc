#include "native/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace isocache {

void log_line(std::string_view line) {
  const std::string text = fmt::format("{}\n", line);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void log_traffic(char direction, int fd, std::string_view bytes) {
  constexpr std::size_t kShownBytes = 200;
  std::string line(bytes.substr(0, std::min(bytes.find_first_of("\r\n"), kShownBytes)));
  // Whatever a client sends must not steer the operator's terminal.
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  log_line(fmt::format("{}{} {}", direction, fd, line));
}

}  // namespace isocache
