// A thread's share of what its connections may hold together: -o read_buf_mem_limit for requests
// that are not complete, resp_obj_mem_limit for replies that are not sent.
#pragma once

#include <cstddef>

namespace isocache {

class MemoryShare {
 public:
  MemoryShare() = default;
  explicit MemoryShare(std::size_t limit) : limit_(limit) {}  // 0: no limit

  bool is_limited() const { return limit_ != 0; }
  // A connection held `before`, and holds `now`. False: it took more, and that is too much.
  bool update(std::size_t before, std::size_t now) {
    held_ += now;
    held_ -= before;
    return now <= before || held_ <= limit_;
  }

 private:
  std::size_t limit_ = 0;
  std::size_t held_ = 0;
};

}  // namespace isocache
