#include "watch/line_queue.h"

#include <charconv>
#include <new>

namespace isocache {

bool LineQueue::open(std::size_t bytes) {
  bytes_.reset(new (std::nothrow) char[bytes]);
  capacity_ = bytes_ == nullptr ? 0 : bytes;
  return bytes_ != nullptr;
}

bool LineQueue::tell_skipped() {
  if (skipped_ == 0 || capacity_ - used_ < kSkippedBytes) return false;
  constexpr std::string_view kName = "skipped=";
  char line[kSkippedBytes];
  std::memcpy(line, kName.data(), kName.size());
  char* const end = std::to_chars(line + kName.size(), line + sizeof(line) - 1, skipped_).ptr;
  *end = '\n';
  append({line, static_cast<std::size_t>(end + 1 - line)});
  skipped_ = 0;
  return true;
}

void LineQueue::append(std::string_view text) {
  const std::size_t at = (first_ + used_) % capacity_;
  const std::size_t before_end = std::min(text.size(), capacity_ - at);
  std::memcpy(bytes_.get() + at, text.data(), before_end);
  std::memcpy(bytes_.get(), text.data() + before_end, text.size() - before_end);
  used_ += text.size();
}

}  // namespace isocache
