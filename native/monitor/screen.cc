#include "native/monitor/screen.h"

#ifdef ISOCACHE_NCURSES
// ncurses' macros would rename functions of ours.
#define NCURSES_NOMACROS
#include <ncurses.h>
#endif

namespace isocache {

#ifdef ISOCACHE_NCURSES

namespace {

class NcursesScreen final : public Screen {
 public:
  explicit NcursesScreen(SCREEN* screen) : screen_(screen) {
    ::cbreak();
    ::noecho();
    ::curs_set(0);
    ::nodelay(::stdscr, TRUE);
    ::keypad(::stdscr, TRUE);
  }
  ~NcursesScreen() override {
    ::endwin();
    ::delscreen(screen_);
  }

  TopSize size() const override {
    return {.columns = static_cast<std::size_t>(::getmaxx(::stdscr)),
            .lines = static_cast<std::size_t>(::getmaxy(::stdscr))};
  }
  void show(const std::vector<TopLine>& lines) override {
    ::werase(::stdscr);
    const int columns = ::getmaxx(::stdscr);
    for (std::size_t at = 0; at < lines.size(); ++at) {
      if (lines[at].heading) ::wattron(::stdscr, A_BOLD);
      ::wmove(::stdscr, static_cast<int>(at), 0);
      ::waddnstr(::stdscr, lines[at].text.c_str(), columns);
      if (lines[at].heading) ::wattroff(::stdscr, A_BOLD);
    }
    ::wrefresh(::stdscr);
  }
  Wish wish() override {
    Wish wish = Wish::kNothing;
    for (int key = ::wgetch(::stdscr); key != ERR; key = ::wgetch(::stdscr)) {
      if (key == 'q' || key == 'Q') return Wish::kQuit;
      if (key == 'r') wish = Wish::kReset;
      if (key == KEY_RESIZE && wish == Wish::kNothing) wish = Wish::kRedraw;
    }
    return wish;
  }

 private:
  SCREEN* screen_;
};

}  // namespace

std::unique_ptr<Screen> open_screen() {
  SCREEN* const screen = ::newterm(nullptr, stdout, stdin);
  if (screen == nullptr) return nullptr;
  ::set_term(screen);
  return std::make_unique<NcursesScreen>(screen);
}

#else

std::unique_ptr<Screen> open_screen() { return nullptr; }

#endif

}  // namespace isocache
