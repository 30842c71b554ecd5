// Requests that were parsed ahead and are executed together. A batch lives on the stack of one
// Session call. Its storage is not initialised: a request is constructed when it is needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>

#include "base/inline.h"
#include "base/limits.h"
#include "protocol/parser.h"
#include "protocol/request.h"
#include "session/retrieval.h"

namespace isocache {

// Where the input was before a request was parsed.
struct InputPosition {
  std::size_t left;  // bytes from there to the end of the input
  Retrieval retrieval;
};

class Batch {
 public:
  static_assert(std::is_trivially_destructible_v<Request>);

  Batch() {}  // NOLINT(modernize-use-equals-default): leaves the storage uninitialised
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  std::size_t size() const { return size_; }
  // Returns a fresh request after the last one. It belongs to the batch once push() is called.
  // REQUIRES: size() < kMost.
  ISOCACHE_INLINE_NATIVELY Request& next() { return *new (slot(size_)) Request(); }
  KeyBuffer& next_key_buffer() { return key_buffers_[size_]; }
  // Where the next request begins, so that parsing can return to it.
  void set_next_position(std::size_t left) {
    positions_[size_].left = left;
    positions_[size_].retrieval.active = false;
  }
  void set_next_position(std::size_t left, const Retrieval& retrieval) {
    positions_[size_].left = left;
    positions_[size_].retrieval = retrieval;
  }
  const InputPosition& position(std::size_t i) const { return positions_[i]; }
  void push() { ++size_; }
  std::span<Request> requests() { return {std::launder(slot(0)), size_}; }
  void clear() { size_ = 0; }

  static constexpr std::size_t kMost = limits::kBatchRequests;

 private:
  Request* slot(std::size_t i) { return reinterpret_cast<Request*>(requests_) + i; }

  alignas(Request) std::byte requests_[sizeof(Request) * kMost];
  KeyBuffer key_buffers_[kMost];
  union {  // not initialised
    InputPosition positions_[kMost];
  };
  std::size_t size_ = 0;
};

}  // namespace isocache
