#include "watch/stream.h"

namespace isocache {
namespace {

// memcached's words. The last five are of its proxy, its crawler and its slabs, which are not here,
// and of commands that it does not report either: a watcher of these gets no line.
constexpr WatchWord kWatchWords[] = {
    {"fetchers", WatchStream::kFetchers},
    {"mutations", WatchStream::kMutations},
    {"evictions", WatchStream::kEvictions},
    {"connevents", WatchStream::kConnections},
    {"deletions", WatchStream::kDeletions},
    {"proxyreqs", {}},
    {"proxyevents", {}},
    {"proxyuser", {}},
    {"rawcmds", {}},
    {"sysevents", {}},
};

}  // namespace

const WatchWord* find_watch_word(std::string_view word) {
  for (const WatchWord& known : kWatchWords) {
    if (known.word == word) return &known;
  }
  return nullptr;
}

}  // namespace isocache
