#include "watch/line.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace isocache {
namespace {

constexpr std::uint64_t kMicroseconds = 1'000'000;

class Line {
 public:
  explicit Line(char* room) : begin_(room), end_(room) {}

  void add(std::string_view text) {
    std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  template <typename Number>
  void add_number(Number number) {
    constexpr std::size_t kMostDigits = 20;
    end_ = std::to_chars(end_, end_ + kMostDigits, number).ptr;
  }
  template <typename Number>
  void add(std::string_view name, Number number) {
    add(name);
    add_number(number);
  }
  // As in a URI: other bytes than letters, digits and -._~ are %XX.
  void add_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (is_plain(byte)) {
        *end_++ = c;
        continue;
      }
      *end_++ = '%';
      *end_++ = kDigits[byte >> 4U];
      *end_++ = kDigits[byte & 0xFU];
    }
  }
  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }

 private:
  static bool is_plain(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  }

  char* begin_;
  char* end_;
};

template <std::size_t kCount>
std::string_view name_in(const std::array<std::string_view, kCount>& names, std::size_t index) {
  return index < kCount ? names[index] : std::string_view("na");
}

constexpr std::array<std::string_view, 4> kFound = {"not_found", "found", "flushed", "expired"};
constexpr std::array<std::string_view, 6> kStored = {"not_stored", "stored",    "exists",
                                                     "not_found",  "too_large", "no_memory"};
constexpr std::array<std::string_view, 9> kCommands = {
    "null", "add", "set", "replace", "append", "prepend", "cas", "delete", "md"};
constexpr std::array<std::string_view, 2> kTransports = {"local", "tcp"};
constexpr std::array<std::string_view, 4> kCloses = {"error", "normal", "idle_timeout", "shutdown"};

std::string_view command_of(const Event& event) {
  return name_in(kCommands, static_cast<std::size_t>(event.command));
}

void write_item_get(const Event& event, std::string_view key, Line& line) {
  line.add("item_get key=");
  line.add_encoded(key);
  line.add(" status=");
  line.add(name_in(kFound, event.status));
  line.add(" clsid=", event.item_class);
  line.add(" cfd=", event.client);
  line.add(" size=", event.size);
}

void write_item_store(const Event& event, std::string_view key, Line& line) {
  line.add("item_store key=");
  line.add_encoded(key);
  line.add(" status=");
  line.add(name_in(kStored, event.status));
  line.add(" cmd=");
  line.add(command_of(event));
  line.add(" ttl=", event.ttl_s);
  line.add(" clsid=", event.item_class);
  line.add(" cfd=", event.client);
  line.add(" size=", event.size);
}

void write_deleted(const Event& event, std::string_view key, Line& line) {
  line.add("deleted key=");
  line.add_encoded(key);
  line.add(" cmd=");
  line.add(command_of(event));
  line.add(" clsid=", event.item_class);
  line.add(" size=", event.size);
}

// memcached's line of an item that it writes to flash tells a bucket instead of the size.
void write_eviction(const Event& event, std::string_view key, Line& line) {
  const bool lost = event.type == EventType::kEviction;
  line.add(lost ? "eviction key=" : "extwrite key=");
  line.add_encoded(key);
  line.add(event.status != 0 ? " fetch=yes" : " fetch=no");
  line.add(" ttl=", event.ttl_s);
  line.add(" la=", event.idle_s);
  line.add(" clsid=", event.item_class);
  if (lost) {
    line.add(" size=", event.size);
  } else {
    line.add(" bucket=0");
  }
}

void write_connection(const Event& event, std::string_view address, Line& line) {
  const bool opened = event.type == EventType::kConnectionNew;
  line.add(opened ? "conn_new rip=" : "conn_close rip=");
  line.add(address);
  line.add(" rport=", event.port);
  line.add(" transport=");
  line.add(name_in(kTransports, static_cast<std::size_t>(event.transport)));
  if (!opened) {
    line.add(" reason=");
    line.add(name_in(kCloses, event.status));
  }
  line.add(" cfd=", event.client);
}

}  // namespace

// memcached does not pad the microseconds: 5 us after a full second is ".5".
std::size_t write_event_line(const Event& event, std::string_view text, char* room) {
  Line line(room);
  line.add("ts=", event.at_us / kMicroseconds);
  line.add(".", event.at_us % kMicroseconds);
  line.add(" gid=", event.id);
  line.add(" type=");
  switch (event.type) {
    case EventType::kItemGet: write_item_get(event, text, line); break;
    case EventType::kItemStore: write_item_store(event, text, line); break;
    case EventType::kDeleted: write_deleted(event, text, line); break;
    case EventType::kEviction:
    case EventType::kExtWrite: write_eviction(event, text, line); break;
    case EventType::kConnectionNew:
    case EventType::kConnectionClose: write_connection(event, text, line); break;
  }
  line.add("\n");
  return line.size();
}

}  // namespace isocache
