// lru_crawler. The dumps are real. The crawler's own settings are only kept and shown, for tools:
// Store::tick() finds expired items regardless of them.

#include "command/admin/call.h"
#include "command/admin/dump.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

constexpr std::uint32_t kMaxSleepUs = 1000000;

void crawl(AdminCall& call) {
  if (!call.target.settings().lru_crawler) return call.reply(reply::kCrawlerDisabled);
  std::uint64_t classes = 0;
  call.reply(parse_classes(call.token(1), &classes) ? reply::kOk : reply::kBadClass);
}

void dump(AdminCall& call, DumpFormat format) {
  const Settings& settings = call.target.settings();
  if (!settings.lru_crawler) return call.reply(reply::kCrawlerDisabled);
  if (!settings.dump_enabled) return call.reply(reply::kMetadumpNotAllowed);
  DumpOptions options;
  options.format = format;
  if (!parse_classes(call.token(1), &options.classes)) return call.reply(reply::kBadClass);
  call.reply(reply::kOk);
  call.result.stream = make_dump(call.target, options, call.waker);
}

void sleep(AdminCall& call) {
  std::uint32_t microseconds = 0;
  if (!parse_u32(call.token(1), microseconds)) return call.reply(reply::kBadFormat);
  if (microseconds > kMaxSleepUs) return call.reply(reply::kSleepTooLong);
  call.target.settings().lru_crawler_sleep_us = microseconds;
  call.tell_settings_changed();
  call.reply(reply::kOk);
}

void tocrawl(AdminCall& call) {
  std::uint32_t items = 0;
  if (!parse_u32(call.token(1), items)) return call.reply(reply::kBadFormat);
  call.target.settings().lru_crawler_tocrawl = items;
  call.tell_settings_changed();
  call.reply(reply::kOk);
}

void enable(AdminCall& call, bool on) {
  Settings& settings = call.target.settings();
  if (on && settings.lru_crawler) return call.reply(reply::kCrawlerRuns);
  settings.lru_crawler = on;
  call.tell_settings_changed();
  call.reply(reply::kOk);
}

}  // namespace

void run_lru_crawler(AdminCall& call) {
  const std::string_view what = call.token(0);
  if (call.count() == 1 && what == "enable") return enable(call, true);
  if (call.count() == 1 && what == "disable") return enable(call, false);
  if (call.count() == 2) {
    if (what == "crawl") return crawl(call);
    if (what == "metadump") return dump(call, DumpFormat::kMetadump);
    if (what == "mgdump") return dump(call, DumpFormat::kMgdump);
    if (what == "sleep") return sleep(call);
    if (what == "tocrawl") return tocrawl(call);
  }
  call.reply(reply::kError);
}

}  // namespace isocache
