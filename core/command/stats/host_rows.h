// The rows that a host adds to a page of `stats`. A row that general.def or settings.def names goes
// to its place there; the others follow at the page's end, in the host's order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isocache {

struct HostRow {
  std::string_view name;     // outlives the rows: a literal
  std::uint64_t number = 0;  // shown as number / 10^digits
  unsigned digits = 0;
  bool is_text = false;  // `text` is shown instead
  bool hidden = false;   // not shown
  std::string text;
};

class HostRows {
 public:
  // REQUIRES: no row has this name yet.
  void add(std::string_view name, std::uint64_t number, unsigned digits = 0);
  void add(std::string_view name, std::string_view text);
  // Leaves a row out of the page. Its number stays readable here.
  void hide(std::string_view name);

  HostRow* find(std::string_view name);  // null if there is none
  const HostRow* find(std::string_view name) const;
  // The number of a row; 0 if there is none.
  std::uint64_t number(std::string_view name) const;

  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }

 private:
  HostRow& append(std::string_view name);

  std::vector<HostRow> rows_;
};

}  // namespace isocache
