// Any server that speaks memcached's text protocol. It is blocking: a batch's gets are small and
// the replies to its sets are small, so neither side can fill the other's socket buffer and wait
// for ever.
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "bench/base/connect.h"
#include "bench/replay/replay_cache.h"

namespace isocache::bench {
namespace {

class Wire {
 public:
  explicit Wire(const std::string& address) : socket_(connect_to(address)) {}

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::write(socket_.fd(), bytes.data(), bytes.size());
      if (sent <= 0) throw std::runtime_error("the server closed the connection");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Without its "\r\n". The view holds until the next read.
  std::string_view read_line() {
    for (std::size_t from = begin_;;) {
      const std::size_t at = buffer_.find("\r\n", from);
      if (at != std::string::npos && at + 2 <= end_) {
        const std::string_view line(buffer_.data() + begin_, at - begin_);
        begin_ = at + 2;
        return line;
      }
      const std::size_t seen = end_ - begin_;
      fill();
      from = begin_ + (seen == 0 ? 0 : seen - 1);
    }
  }
  std::string_view read_bytes(std::size_t bytes) {
    while (end_ - begin_ < bytes) fill();
    const std::string_view view(buffer_.data() + begin_, bytes);
    begin_ += bytes;
    return view;
  }

 private:
  void fill() {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() - end_ < kRoomBytes) buffer_.resize(end_ + 2 * kRoomBytes);
    const ssize_t got = ::read(socket_.fd(), buffer_.data() + end_, buffer_.size() - end_);
    if (got <= 0) throw std::runtime_error("the server closed the connection");
    end_ += static_cast<std::size_t>(got);
  }

  static constexpr std::size_t kRoomBytes = 1U << 18U;
  Socket socket_;
  std::string buffer_;
  std::size_t begin_ = 0;  // received bytes that are not read yet
  std::size_t end_ = 0;
};

std::uint64_t last_number(std::string_view line) {
  std::uint64_t number = 0;
  line.remove_prefix(line.rfind(' ') + 1);
  std::from_chars(line.data(), line.data() + line.size(), number);
  return number;
}

class WireCache : public Cache {
 public:
  explicit WireCache(const std::string& address) : wire_(address) {}

  void lookup(std::span<const Lookup> lookups, std::span<Found> found) override {
    request_.clear();
    for (const Lookup& lookup : lookups) request_.append("get ").append(lookup.key).append("\r\n");
    wire_.send(request_);
    for (std::size_t i = 0; i < lookups.size(); ++i) found[i] = read_found(lookups[i]);
  }

  void write(std::span<const Write> writes, std::span<Written> written) override {
    request_.clear();
    for (const Write& write : writes) {
      fmt::format_to(std::back_inserter(request_), "set {} 0 {} {}\r\n", write.key, write.ttl_s,
                     write.value.size());
      request_.append(write.value).append("\r\n");
    }
    wire_.send(request_);
    for (std::size_t i = 0; i < writes.size(); ++i) written[i] = read_written();
  }

  void set_time(std::uint32_t /*seconds*/) override {}  // a server has its own clock

  CacheFigures figures() override {
    CacheFigures figures;
    wire_.send("stats\r\n");
    for (;;) {
      const std::string_view line = wire_.read_line();
      if (line == "END") return figures;
      if (line.starts_with("STAT curr_items ")) figures.items = last_number(line);
      if (line.starts_with("STAT evictions ")) figures.evictions = last_number(line);
    }
  }

 private:
  Found read_found(const Lookup& lookup) {
    const std::string_view line = wire_.read_line();
    if (line == "END") return Found::kMiss;
    if (!line.starts_with("VALUE ")) throw std::runtime_error(std::string(line));
    const bool same_key = line.substr(6).starts_with(lookup.key);
    const std::size_t length = last_number(line);
    const std::string_view value = wire_.read_bytes(length + 2);  // and its "\r\n"
    const bool same = same_key && lookup.expected.data() != nullptr && value.ends_with("\r\n") &&
                      value.substr(0, length) == lookup.expected;
    if (wire_.read_line() != "END") throw std::runtime_error("a value without END");
    return same ? Found::kHit : Found::kWrongBytes;
  }

  Written read_written() {
    const std::string_view line = wire_.read_line();
    if (line == "STORED") return Written::kStored;
    if (line.starts_with("SERVER_ERROR")) return Written::kRefused;
    throw std::runtime_error(std::string(line));
  }

  Wire wire_;
  std::string request_;
};

}  // namespace

std::unique_ptr<Cache> connect_cache(const std::string& address) {
  return std::make_unique<WireCache>(address);
}

}  // namespace isocache::bench
