// What `isocached top` shows, as lines of text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "native/monitor/top_model.h"

namespace isocache {

struct TopSize {
  std::size_t columns = 80;
  std::size_t lines = 0;  // 0: as many as `rows` asks for
  std::size_t rows = 10;  // of each table, without a limit of lines
};

struct TopLine {
  std::string text;
  bool heading = false;
};

std::vector<TopLine> top_lines(const TopModel& model, std::string_view address,
                               const TopSize& size);

}  // namespace isocache
