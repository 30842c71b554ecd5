#include "command/stats/host_rows.h"

#include "base/check.h"

namespace isocache {

// Of two rows with one name, each would hide the other from readers.
HostRow& HostRows::append(std::string_view name) {
  check(find(name) == nullptr);
  HostRow& row = rows_.emplace_back();
  row.name = name;
  return row;
}

void HostRows::add(std::string_view name, std::uint64_t number, unsigned digits) {
  HostRow& row = append(name);
  row.number = number;
  row.digits = digits;
}

void HostRows::add(std::string_view name, std::string_view text) {
  HostRow& row = append(name);
  row.is_text = true;
  row.text = text;
}

void HostRows::hide(std::string_view name) {
  if (HostRow* const row = find(name)) row->hidden = true;
}

HostRow* HostRows::find(std::string_view name) {
  for (HostRow& row : rows_) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

const HostRow* HostRows::find(std::string_view name) const {
  return const_cast<HostRows*>(this)->find(name);
}

std::uint64_t HostRows::number(std::string_view name) const {
  const HostRow* const row = find(name);
  return row == nullptr ? 0 : row->number;
}

}  // namespace isocache
