#include "native/monitor/event_line.h"

#include <charconv>

namespace isocache {
namespace {

EventLine::Type type_of(std::string_view name) {
  if (name == "item_get") return EventLine::Type::kGet;
  if (name == "item_store") return EventLine::Type::kStore;
  if (name == "deleted") return EventLine::Type::kDeleted;
  if (name == "eviction") return EventLine::Type::kEviction;
  return EventLine::Type::kOther;
}

}  // namespace

EventLine parse_event_line(std::string_view line) {
  EventLine event;
  while (!line.empty()) {
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = word.substr(0, equals);
    const std::string_view value = word.substr(equals + 1);
    if (name == "type") {
      event.type = type_of(value);
    } else if (name == "key") {
      event.key = value;
    } else if (name == "status") {
      event.status = value;
    } else if (name == "cfd") {
      event.client = value;
    } else if (name == "skipped") {
      event.type = EventLine::Type::kSkipped;
      std::from_chars(value.data(), value.data() + value.size(), event.skipped);
    }
  }
  return event;
}

std::string readable_key(std::string_view encoded) {
  std::string key;
  while (!encoded.empty()) {
    unsigned byte = 0;
    const std::string_view digits = encoded.substr(0, 3).substr(1);
    const bool is_code =
        encoded.front() == '%' && digits.size() == 2 &&
        std::from_chars(digits.data(), digits.data() + 2, byte, 16).ptr == digits.data() + 2;
    if (is_code && byte > ' ' && byte < 0x7F) {
      key += static_cast<char>(byte);
      encoded.remove_prefix(3);
    } else {
      key += encoded.front();
      encoded.remove_prefix(1);
    }
  }
  return key;
}

}  // namespace isocache
