#include "command/stats/writer.h"

#include <cstddef>
#include <utility>

#include "protocol/replies.h"
#include "protocol/write.h"

namespace isocache {

void StatsWriter::add(std::string_view key, std::string_view value) {
  out_.append("STAT ");
  out_.append(key);
  out_.append(" ");
  out_.append(value);
  out_.append("\r\n");
}

void StatsWriter::add(std::string_view key, std::uint64_t value) {
  char digits[kMaxU64Digits];
  add(key, std::string_view(digits, static_cast<std::size_t>(write_u64(digits, value) - digits)));
}

void StatsWriter::fixed(std::string_view key, std::uint64_t value, unsigned digits) {
  char text[kMaxU64Digits * 2 + 1];
  std::uint64_t scale = 1;
  for (unsigned i = 0; i < digits; ++i) scale *= 10;
  char* to = write_u64(text, value / scale);
  *to++ = '.';
  for (std::uint64_t rest = value % scale; scale > 1; rest %= scale) {
    scale /= 10;
    *to++ = static_cast<char>('0' + rest / scale);
  }
  add(key, std::string_view(text, static_cast<std::size_t>(to - text)));
}

void StatsWriter::add(std::string_view family, unsigned id, std::string_view key,
                      std::uint64_t value) {
  out_.append("STAT ");
  if (!family.empty()) {
    out_.append(family);
    out_.append(":");
  }
  append_u64(out_, id);
  out_.append(":");
  out_.append(key);
  out_.append(" ");
  append_u64(out_, value);
  out_.append("\r\n");
}

void StatsWriter::end() { out_.append(reply::kEnd); }

PageWriter::PageWriter(HostRows host, Output& out) : host_(std::move(host)), stats_(out) {}

void PageWriter::row(const char* name, std::uint64_t value) { stats_.add(name, value); }
void PageWriter::row(const char* name, const char* text) {
  stats_.add(name, std::string_view(text));
}
void PageWriter::row(const char* name, std::string_view text) { stats_.add(name, text); }
void PageWriter::row(const char* name, Fixed value) {
  stats_.fixed(name, value.value, value.digits);
}

void PageWriter::host_row(const char* name, const char* otherwise) {
  HostRow* const given = host_.find(name);
  if (given != nullptr) {
    write(*given);
    given->hidden = true;
  } else if (otherwise != nullptr) {
    row(name, otherwise);
  }
}

void PageWriter::end() {
  for (const HostRow& row : host_) write(row);
  stats_.end();
}

void PageWriter::write(const HostRow& row) {
  if (row.hidden) return;
  if (row.is_text) {
    stats_.add(row.name, std::string_view(row.text));
  } else if (row.digits != 0) {
    stats_.fixed(row.name, row.number, row.digits);
  } else {
    stats_.add(row.name, row.number);
  }
}

}  // namespace isocache
