// `stats settings`: the rows of settings.def.

#include <string_view>
#include <utility>

#include "base/limits.h"
#include "command/stats/pages.h"
#include "command/stats/row_names.h"
#include "command/stats/writer.h"
#include "store/item.h"

namespace isocache {
namespace {

constexpr std::string_view kNames[] = {
#define ISOCACHE_SETTING(name, value) #name,
#define ISOCACHE_HOST_SETTING(name, otherwise) #name,
#include "command/stats/settings.def"
};
static_assert(all_differ(kNames), "settings.def has two rows of one name");

constexpr const char* yes_no(bool yes) { return yes ? "yes" : "no"; }
constexpr Fixed hundredths(unsigned value) { return {value, 2}; }
constexpr Fixed thousandths(unsigned value) { return {value, 3}; }

}  // namespace

void write_stats_settings(const Settings& settings, HostRows host, Output& out) {
  PageWriter page(std::move(host), out);
#define ISOCACHE_SETTING(name, value) page.row(#name, value);
#define ISOCACHE_HOST_SETTING(name, otherwise) page.host_row(#name, otherwise);
#include "command/stats/settings.def"
  page.end();
}

}  // namespace isocache
