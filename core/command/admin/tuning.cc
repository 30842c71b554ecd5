// lru, slabs, extstore: settings of structures that isocache does not have. As in memcached, values
// are checked, kept, and shown in `stats settings`, so that tools that set them keep working.

#include "command/admin/call.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

constexpr unsigned kMaxHotAndWarmPercent = 80;
constexpr std::int32_t kMaxClass = 63;

void keep(AdminCall& call) {
  call.tell_settings_changed();
  call.reply(reply::kOk);
}

void lru_tune(AdminCall& call) {
  std::uint32_t hot = 0;
  std::uint32_t warm = 0;
  std::uint32_t hot_factor = 0;  // hundredths
  std::uint32_t warm_factor = 0;
  if (call.count() < 5 || !parse_u32(call.token(1), hot) || !parse_u32(call.token(2), warm) ||
      !parse_fixed(call.token(3), 2, hot_factor) || !parse_fixed(call.token(4), 2, warm_factor)) {
    return call.reply(reply::kError);
  }
  if (hot > kMaxHotAndWarmPercent || warm > kMaxHotAndWarmPercent - hot) {
    return call.reply(reply::kLruSharesTooLarge);
  }
  if (hot_factor == 0 || warm_factor == 0) return call.reply(reply::kLruFactorsTooSmall);
  Settings& settings = call.target.settings();
  settings.hot_lru_percent = hot;
  settings.warm_lru_percent = warm;
  settings.hot_max_factor_percent = hot_factor;
  settings.warm_max_factor_percent = warm_factor;
  keep(call);
}

void lru_mode(AdminCall& call) {
  if (call.token(1) != "flat" && call.token(1) != "segmented") return call.reply(reply::kError);
  call.target.settings().lru_segmented = call.token(1) == "segmented";
  keep(call);
}

void lru_temp_ttl(AdminCall& call) {
  std::int32_t seconds = 0;
  if (!parse_i32(call.token(1), seconds)) return call.reply(reply::kError);
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
  if (!parse_u32(call.token(1), level)) return call.reply(reply::kBadFormat);
  if (level > 2) return call.reply(reply::kError);
  call.target.settings().slab_automove = level;
  keep(call);
}

void slabs_automove(AdminCall& call) {
  Settings& settings = call.target.settings();
  const std::string_view what = call.token(1);
  std::uint32_t value = 0;
  if (what == "ratio") {
    if (!parse_fixed(call.token(2), 2, value)) return call.reply(reply::kError);
    settings.slab_automove_ratio_percent = value;
  } else if (what == "freeratio") {
    if (!parse_fixed(call.token(2), 3, value)) return call.reply(reply::kError);
    settings.slab_automove_freeratio_permille = value;
  } else if (what == "window") {
    if (!parse_u32(call.token(2), value)) return call.reply(reply::kError);
    settings.slab_automove_window = value;
  } else {
    return automove_level(call);
  }
  keep(call);
}

// Where an extstore setting is kept. Null if there is no setting of that name.
unsigned* extstore_setting(Settings& settings, std::string_view name) {
  if (name == "item_size") return &settings.ext_item_size;
  if (name == "item_age") return &settings.ext_item_age;
  if (name == "low_ttl") return &settings.ext_low_ttl;
  if (name == "recache_rate") return &settings.ext_recache_rate;
  if (name == "compact_under") return &settings.ext_compact_under;
  if (name == "drop_under") return &settings.ext_drop_under;
  if (name == "max_sleep") return &settings.ext_max_sleep_us;
  return nullptr;
}

}  // namespace

void run_lru(AdminCall& call) {
  if (call.count() >= 2 && call.token(0) == "tune") return lru_tune(call);
  if (call.count() >= 2 && call.target.settings().lru_maintainer) {
    if (call.token(0) == "mode") return lru_mode(call);
    if (call.token(0) == "temp_ttl") return lru_temp_ttl(call);
  }
  call.reply(reply::kError);
}

void run_slabs(AdminCall& call) {
  if (call.count() == 3 && call.token(0) == "reassign") return slabs_reassign(call);
  if (call.count() >= 2 && call.token(0) == "automove") return slabs_automove(call);
  call.reply(reply::kError);
}

void run_extstore(AdminCall& call) {
  if (call.count() < 2) return call.reply(reply::kError);
  Settings& settings = call.target.settings();
  const std::string_view name = call.token(0);
  std::uint32_t value = 0;
  if (name == "max_frag") {
    if (!parse_fixed(call.token(1), 2, value)) return call.reply(reply::kError);
    settings.ext_max_frag_percent = value;
    return keep(call);
  }
  if (!parse_u32(call.token(1), value)) return call.reply(reply::kError);
  if (name == "drop_unread") {
    settings.ext_drop_unread = value != 0;
  } else if (unsigned* setting = extstore_setting(settings, name)) {
    *setting = value;
  } else if (name != "free_memchunks") {  // that one sets nothing that is shown
    return call.reply(reply::kError);
  }
  keep(call);
}

}  // namespace isocache
