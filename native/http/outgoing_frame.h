// The replies of a WebSocket that are on their way out, as the payload of one binary frame.
#pragma once

#include <boost/asio/buffer.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "native/http/frame_head.h"
#include "native/http/socket_stream.h"
#include "protocol/output.h"

namespace isocache {

class OutgoingFrame {
 public:
  // Takes everything in `output`, which then has no buffer. REQUIRES: nothing is under way.
  // Throws std::bad_alloc; then nothing was taken.
  void take(Output& output) {
    spans_.clear();
    spans_.emplace_back();  // for the head
    output.for_each_span(
        [this](std::string_view span) { spans_.emplace_back(span.data(), span.size()); });
    output_.swap(output);
    under_way_ = true;
  }
  // The bytes to write stay where they are until done().
  std::span<const asio::const_buffer> payload() const { return std::span(spans_).subspan(1); }
  std::span<const asio::const_buffer> with_head() {
    const auto head = head_.set(output_.size());
    spans_.front() = {head.data(), head.size()};
    return spans_;
  }
  std::string_view first_span() const {
    if (payload().empty()) return {};
    return {static_cast<const char*>(payload().front().data()), payload().front().size()};
  }
  bool under_way() const { return under_way_; }
  // REQUIRES: output() was released.
  void done() { under_way_ = false; }

  Output& output() { return output_; }

 private:
  Output output_;
  std::vector<asio::const_buffer> spans_;  // room for the head, then output_'s
  FrameHead head_;                         // of a frame that is sent before a frame of Beast's own
  bool under_way_ = false;
};

}  // namespace isocache
