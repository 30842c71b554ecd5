// A terminal that shows lines, and tells what its user wants. A build without ncurses has none.
#pragma once

#include <memory>
#include <vector>

#include "native/monitor/top_text.h"

namespace isocache {

class Screen {
 public:
  enum class Wish : unsigned char { kNothing, kQuit, kRedraw, kReset };

  virtual ~Screen() = default;
  virtual TopSize size() const = 0;
  virtual void show(const std::vector<TopLine>& lines) = 0;
  // What was typed since the last call.
  virtual Wish wish() = 0;
};

// Takes the terminal until the screen goes. Null: this build has no ncurses, or ncurses does not
// know the terminal.
std::unique_ptr<Screen> open_screen();

}  // namespace isocache
