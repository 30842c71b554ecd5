// stats and its sub-commands.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "command/admin_call.h"
#include "command/dump.h"
#include "command/stats.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

constexpr std::uint64_t kMaxClass = 63;

// Comes in slices, of the counts as they are by then: a client that takes none of it costs little.
class DetailDump : public ReplyStream {
 public:
  explicit DetailDump(AdminTarget& target) : target_(target) {}
  bool produce(Output& out, const Clock& /*clock*/) override {
    // The more shards, the shorter: what one takes stays the same.
    constexpr std::size_t kLooks = 1024;
    PrefixSlice slice(after_, std::max<std::size_t>(kLooks / target_.shard_count(), 1));
    target_.add_prefixes(slice);
    return slice.write(out, after_);
  }

 private:
  AdminTarget& target_;
  std::optional<std::string> after_;  // the last name that was shown
};

void detail(AdminCall& call) {
  Settings& settings = call.target.settings();
  if (!settings.dump_enabled) return call.reply("CLIENT_ERROR stats detail not allowed\r\n");
  const std::string_view what = call.token(1);
  if (what == "on" || what == "off") {
    settings.detail_enabled = what == "on";
    call.target.count_prefixes(settings.detail_enabled);
    call.target.settings_changed();
    return call.reply(reply::kOk);
  }
  if (what == "dump") {
    call.result.stream = std::make_unique<DetailDump>(call.target);
    return;
  }
  call.reply("CLIENT_ERROR usage: stats detail on|off|dump\r\n");
}

void cachedump(AdminCall& call) {
  if (!call.target.settings().dump_enabled) {
    return call.reply("CLIENT_ERROR stats cachedump not allowed\r\n");
  }
  if (call.count() < 3) return call.reply("CLIENT_ERROR bad command line\r\n");
  std::uint64_t id = 0;
  DumpOptions options;
  options.format = DumpFormat::kCachedump;
  if (!parse_u64(call.token(1), id) || !parse_u64(call.token(2), options.max_items)) {
    return call.reply(reply::kBadFormat);
  }
  if (id > kMaxClass) return call.reply("CLIENT_ERROR Illegal slab id\r\n");
  if (options.max_items == 0) options.max_items = ~std::uint64_t{0};
  options.classes = std::uint64_t{1} << id;
  call.result.stream = make_dump(call.target, options);
}

void sizes(AdminCall& call) {
  StatsWriter(call.out()).add("sizes_status", "disabled");
  call.reply(reply::kEnd);
}

// A server may have so many that their lines are more than a connection may have unsent.
class ConnectionList : public ReplyStream {
 public:
  explicit ConnectionList(AdminTarget& target) : target_(target) {}

  bool produce(Output& out, const Clock& /*clock*/) override {
    StatsWriter stats(out);
    if (target_.write_connections(&after_, stats)) return true;
    stats.end();
    return false;
  }

 private:
  AdminTarget& target_;
  int after_ = -1;
};

}  // namespace

void run_stats(AdminCall& call) {
  AdminTarget& target = call.target;
  const std::string_view what = call.token(0);
  if (what.empty()) {
    write_stats(target.figures(), target.host_stats(call.now_s), target.settings(),
                call.host_clock.wall_s(), call.out());
  } else if (what == "settings") {
    write_stats_settings(target.settings(), call.out());
  } else if (what == "items") {
    // With a further argument 1.6.45 answers no lines.
    if (call.count() > 1) return call.reply(reply::kEnd);
    write_stats_items(target.figures(), call.now_s, call.out());
  } else if (what == "slabs") {
    write_stats_slabs(target.figures(), call.out());
  } else if (what == "conns") {
    call.result.stream = std::make_unique<ConnectionList>(target);
  } else if (what == "sizes") {
    sizes(call);
  } else if (what == "reset") {
    target.reset_counters();
    call.reply("RESET\r\n");
  } else if (what == "detail") {
    detail(call);
  } else if (what == "cachedump") {
    cachedump(call);
  } else if (what == "extstore" || what == "proxy") {
    call.reply(reply::kEnd);
  } else {
    call.reply(reply::kError);
  }
}

}  // namespace isocache
