// The command line of `isocached top`.
#pragma once

#include <string_view>

#include "native/monitor/line_client.h"

namespace isocache {

// What -h prints.
extern const std::string_view kTopUsage;

struct TopOptions {
  MonitorTarget target;
  unsigned seconds = 0;  // 0: until somebody ends it
  unsigned rows = 10;
  bool help = false;
};

// `argv[0]` is "top". Throws UsageError, and SystemError if the file of --login cannot be read.
TopOptions parse_top_options(int argc, char** argv);

}  // namespace isocache
