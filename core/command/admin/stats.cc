// stats and its pages.

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "command/admin/call.h"
#include "command/admin/dump.h"
#include "command/program_parts.h"
#include "command/stats/pages.h"
#include "command/stats/writer.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

constexpr std::uint64_t kMaxClass = 63;

// A slice shows the counts at the time when it is made. Only a name is kept for the next slice, so
// a client that stops reading costs little.
class DetailDump : public ReplyStream {
 public:
  explicit DetailDump(AdminTarget& target) : target_(target) {}
  Next produce(Output& out, const Clock& /*clock*/) override {
    // With more shards the slices are shorter, so all slices take about as long.
    constexpr std::size_t kLooks = 1024;
    PrefixSlice slice(after_, std::max<std::size_t>(kLooks / target_.shard_count(), 1));
    target_.add_prefixes(slice);
    return slice.write(out, after_) ? Next::kMore : Next::kEnd;
  }

 private:
  AdminTarget& target_;
  std::optional<std::string> after_;  // the last name that was shown
};

// memcached's page numbers run on over all shards.
class TierRegions : public ReplyStream {
 public:
  explicit TierRegions(AdminTarget& target) : target_(target) {}
  Next produce(Output& out, const Clock& /*clock*/) override {
    std::array<TierRegion, kRegionsPerSlice> rows;
    for (; shard_ < target_.shard_count(); ++shard_, first_ = 0) {
      const std::size_t count = target_.tier_regions(shard_, first_, rows);
      for (const TierRegion& region : std::span(rows).first(count)) write(region, out);
      first_ += count;
      if (count == rows.size()) return Next::kMore;
    }
    out.append(reply::kEnd);
    return Next::kEnd;
  }

 private:
  static constexpr std::size_t kRegionsPerSlice = 64;

  void write(const TierRegion& region, Output& out) {
    StatsWriter stats(out);
    const std::string id = std::to_string(number_++);
    stats.add(id + ":version", region.version);
    stats.add(id + ":bytes", region.bytes);
    stats.add(id + ":bucket", 0U);  // there is one for all items
    stats.add(id + ":free_bucket", 0U);
  }

  AdminTarget& target_;
  unsigned shard_ = 0;
  std::size_t first_ = 0;
  std::size_t number_ = 0;
};

void detail(AdminCall& call) {
  Settings& settings = call.target.settings();
  if (!settings.dump_enabled) return call.reply(reply::kDetailNotAllowed);
  const std::string_view what = call.token(1);
  if (what == "on" || what == "off") {
    settings.detail_enabled = what == "on";
    call.target.count_prefixes(settings.detail_enabled);
    call.tell_settings_changed();
    return call.reply(reply::kOk);
  }
  if (what == "dump") {
    call.result.stream = std::make_unique<DetailDump>(call.target);
    return;
  }
  call.reply(reply::kBadDetailUsage);
}

void cachedump(AdminCall& call) {
  if (!call.target.settings().dump_enabled) return call.reply(reply::kCachedumpNotAllowed);
  if (call.count() < 3) return call.reply(reply::kBadCachedumpUsage);
  std::uint64_t id = 0;
  DumpOptions options;
  options.format = DumpFormat::kCachedump;
  if (!parse_u64(call.token(1), id) || !parse_u64(call.token(2), options.max_items)) {
    return call.reply(reply::kBadFormat);
  }
  if (id > kMaxClass) return call.reply(reply::kIllegalClass);
  if (options.max_items == 0) options.max_items = ~std::uint64_t{0};
  options.classes = std::uint64_t{1} << id;
  call.result.stream = make_dump(call.target, options, call.waker);
}

void sizes(AdminCall& call) {
  StatsWriter(call.out()).add("sizes_status", "disabled");
  call.reply(reply::kEnd);
}

void general(AdminCall& call) {
  HostRows host;
  call.target.host().add_stats(call.now_s, host);
  write_stats(call.target.figures(), std::move(host), call.target.settings(),
              call.host_clock.wall_s(), call.out());
}

void settings(AdminCall& call) {
  HostRows host;
  call.target.host().add_settings(host);
  write_stats_settings(call.target.settings(), std::move(host), call.out());
}

void reset(AdminCall& call) {
  call.target.reset_counters();
  call.target.host().on_reset();
  call.reply("RESET\r\n");
}

// A page of the host. memcached's pages that no host has are empty.
void page_of_host(AdminCall& call, std::string_view name) {
  call.result.stream = call.target.host().make_page(name);
  if (call.result.stream) return;
  const bool known = name == "conns" || name == "proxy";
  call.reply(known ? reply::kEnd : reply::kError);
}

void extstore(AdminCall& call) {
  if (!tiers_exist()) return call.reply(reply::kEnd);
  call.result.stream = std::make_unique<TierRegions>(call.target);
}

void items(AdminCall& call) {
  // With a further argument memcached 1.6.45 answers no lines.
  if (call.count() > 1) return call.reply(reply::kEnd);
  write_stats_items(call.target.figures(), call.now_s, call.out());
}

void slabs(AdminCall& call) { write_stats_slabs(call.target.figures(), call.out()); }

// `stats <name> ...`
constexpr struct {
  std::string_view name;
  void (*run)(AdminCall&);
} kPages[] = {{"", general},      {"settings", settings},   {"items", items},
              {"slabs", slabs},   {"sizes", sizes},         {"reset", reset},
              {"detail", detail}, {"cachedump", cachedump}, {"extstore", extstore}};

}  // namespace

void run_stats(AdminCall& call) {
  const std::string_view name = call.token(0);
  for (const auto& page : kPages) {
    if (page.name == name) return page.run(call);
  }
  page_of_host(call, name);
}

}  // namespace isocache
