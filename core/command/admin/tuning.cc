// lru, slabs, extstore: settings of structures that isocache mostly does not have. As in memcached,
// values are checked, kept, and shown in `stats settings`, for tools that set them. Some settings
// of extstore act on the tier (command/tiering/tiering_settings.h).

#include <string_view>

#include "command/admin/call.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

constexpr unsigned kMaxHotAndWarmPercent = 80;
constexpr std::int32_t kMaxClass = 63;

// All but `slabs reassign` accept noreply as the last argument.
void keep(AdminCall& call) {
  call.tell_settings_changed();
  call.reply_unless_quiet(reply::kOk);
}

void refuse(AdminCall& call, std::string_view why = reply::kError) { call.reply_unless_quiet(why); }

void lru_tune(AdminCall& call) {
  std::uint32_t hot = 0;
  std::uint32_t warm = 0;
  std::uint32_t hot_factor = 0;  // hundredths
  std::uint32_t warm_factor = 0;
  if (call.count() < 5 || !parse_u32(call.token(1), hot) || !parse_u32(call.token(2), warm) ||
      !parse_fixed(call.token(3), 2, hot_factor) || !parse_fixed(call.token(4), 2, warm_factor)) {
    return refuse(call);
  }
  if (hot > kMaxHotAndWarmPercent || warm > kMaxHotAndWarmPercent - hot) {
    return refuse(call, reply::kLruSharesTooLarge);
  }
  if (hot_factor == 0 || warm_factor == 0) return refuse(call, reply::kLruFactorsTooSmall);
  Settings& settings = call.target.settings();
  settings.hot_lru_percent = hot;
  settings.warm_lru_percent = warm;
  settings.hot_max_factor_percent = hot_factor;
  settings.warm_max_factor_percent = warm_factor;
  keep(call);
}

void lru_mode(AdminCall& call) {
  if (call.token(1) != "flat" && call.token(1) != "segmented") return refuse(call);
  call.target.settings().lru_segmented = call.token(1) == "segmented";
  keep(call);
}

void lru_temp_ttl(AdminCall& call) {
  std::int32_t seconds = 0;
  if (!parse_i32(call.token(1), seconds)) return refuse(call);
  Settings& settings = call.target.settings();
  settings.temp_lru = seconds >= 0;
  if (seconds >= 0) settings.temporary_ttl_s = static_cast<unsigned>(seconds);
  keep(call);
}

void slabs_reassign(AdminCall& call) {
  if (!call.target.settings().slab_reassign) return call.reply(reply::kReassignDisabled);
  std::int32_t from = 0;
  std::int32_t to = 0;
  if (!parse_i32(call.token(1), from) || !parse_i32(call.token(2), to)) {
    return call.reply(reply::kBadFormat);
  }
  if (from < -1 || from > kMaxClass || to < 0 || to > kMaxClass) {
    return call.reply(reply::kBadReassignClass);
  }
  if (from == to) return call.reply(reply::kSameClass);
  call.reply(reply::kNoSparePages);
}

void automove_level(AdminCall& call) {
  std::uint32_t level = 0;
  if (!parse_u32(call.token(1), level)) return refuse(call, reply::kBadFormat);
  if (level > 2) return refuse(call);
  call.target.settings().slab_automove = level;
  keep(call);
}

void slabs_automove(AdminCall& call) {
  Settings& settings = call.target.settings();
  const std::string_view what = call.token(1);
  std::uint32_t value = 0;
  if (what == "ratio") {
    if (!parse_fixed(call.token(2), 2, value)) return refuse(call);
    settings.slab_automove_ratio_percent = value;
  } else if (what == "freeratio") {
    if (!parse_fixed(call.token(2), 3, value)) return refuse(call);
    settings.slab_automove_freeratio_permille = value;
  } else if (what == "window") {
    if (!parse_u32(call.token(2), value)) return refuse(call, reply::kBadFormat);
    settings.slab_automove_window = value;
  } else {
    return automove_level(call);
  }
  keep(call);
}

// It sets nothing any more. memcached still checks its arguments.
bool accepts_free_memchunks(const AdminCall& call) {
  std::uint32_t class_id = 0;
  std::uint32_t chunks = 0;
  return parse_u32(call.token(1), class_id) && parse_u32(call.token(2), chunks) &&
         class_id <= kMaxClass;
}

// In memcached's order: a name may be cut short, and then means the first one that begins with it.
constexpr struct {
  std::string_view name;
  unsigned Settings::*number;
} kExtstoreSettings[] = {{"item_size", &Settings::ext_item_size},
                         {"item_age", &Settings::ext_item_age},
                         {"low_ttl", &Settings::ext_low_ttl},
                         {"recache_rate", &Settings::ext_recache_rate},
                         {"compact_under", &Settings::ext_compact_under},
                         {"drop_under", &Settings::ext_drop_under},
                         {"max_sleep", &Settings::ext_max_sleep_us}};

bool set_extstore(Settings& settings, const AdminCall& call) {
  const std::string_view name = call.token(0);
  const auto is = [&](std::string_view full) { return full.substr(0, name.size()) == name; };
  if (call.count() > 2 && is("free_memchunks")) return accepts_free_memchunks(call);
  std::uint32_t value = 0;
  for (const auto& setting : kExtstoreSettings) {
    if (is(setting.name)) return parse_u32(call.token(1), settings.*setting.number);
  }
  if (is("max_frag")) return parse_fixed(call.token(1), 2, settings.ext_max_frag_percent);
  if (!is("drop_unread") || !parse_u32(call.token(1), value)) return false;
  settings.ext_drop_unread = value != 0;
  return true;
}

}  // namespace

void run_lru(AdminCall& call) {
  if (call.count() >= 2 && call.token(0) == "tune") return lru_tune(call);
  if (call.count() >= 2 && call.target.settings().lru_maintainer) {
    if (call.token(0) == "mode") return lru_mode(call);
    if (call.token(0) == "temp_ttl") return lru_temp_ttl(call);
  }
  refuse(call);
}

void run_slabs(AdminCall& call) {
  if (call.count() == 3 && call.token(0) == "reassign") return slabs_reassign(call);
  if (call.count() >= 2 && call.token(0) == "automove") return slabs_automove(call);
  call.reply(reply::kError);
}

void run_extstore(AdminCall& call) {
  Settings& settings = call.target.settings();
  if (call.count() < 2 || !set_extstore(settings, call)) return refuse(call);
  call.target.set_tiering(tiering_settings(settings));
  keep(call);
}

}  // namespace isocache
