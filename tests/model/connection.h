// A client of a backend in process: requests in random fragments, replies as one string.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "command/backend.h"
#include "session/session.h"
#include "support/random.h"

namespace isocache::model {

class Connection {
 public:
  Connection(Backend& backend, const Clock& clock, Random& random)
      : backend_(backend),
        session_(std::make_unique<Session>(backend, clock, SessionOptions{})),
        random_(random) {}
  ~Connection() { drain(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Feeds the bytes in one piece or several; a large value partly through its window. Drains
  // nothing.
  void send(std::string_view bytes) {
    const bool whole = random_.one_in(3);
    while (!bytes.empty()) {
      const std::size_t limit =
          whole ? bytes.size() : 1 + random_.below(random_.one_in(4) ? 70000 : 40);
      std::size_t taken = std::min(bytes.size(), limit);
      const std::span<char> window = session_->upload_window();
      if (!window.empty() && random_.one_in(2)) {
        taken = std::min(taken, window.size());
        std::memcpy(window.data(), bytes.data(), taken);
        session_->upload_received(taken);
      } else {
        session_->feed(bytes.substr(0, taken));
      }
      while (session_->wants_turn()) {
        if (session_->output().full()) collect();
        session_->resume();
      }
      bytes.remove_prefix(taken);
    }
  }

  // The replies so far. Their pins are released.
  std::string drain() {
    collect();
    return std::exchange(replies_, {});
  }

  std::string ask(std::string_view bytes) {
    send(bytes);
    return drain();
  }

  bool closing() const { return session_->closing(); }

 private:
  void collect() {
    Output& output = session_->output();
    output.for_each_span([&](std::string_view span) { replies_ += span; });
    backend_.release(output);
    output.clear();
  }

  Backend& backend_;
  std::unique_ptr<Session> session_;
  Random& random_;
  std::string replies_;
};

}  // namespace isocache::model
