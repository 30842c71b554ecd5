// A host with two shards, as in a server, without a transport.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "command/admin/admin.h"
#include "command/admin/host_registry.h"
#include "unit/core_fixture.h"

namespace isocache {

class TwoShards : public AdminTarget {
 public:
  Settings& settings() override { return settings_; }
  EngineFigures figures() override {
    EngineFigures sum = shards[0].backend.figures();
    sum.add(shards[1].backend.figures());
    return sum;
  }
  AdminHost& host() override { return registry; }
  void reset_counters() override {
    for (TestCore& shard : shards) shard.backend.reset_counters();
  }
  void count_prefixes(bool on) override {
    for (TestCore& shard : shards) shard.backend.count_prefixes(on);
  }
  void add_prefixes(PrefixSlice& slice) override {
    for (TestCore& shard : shards) shard.backend.add_prefixes(slice);
  }
  void flush_at(UnixSeconds at_s, UnixSeconds now_s) override {
    for (TestCore& shard : shards) shard.backend.flush_at(at_s, now_s);
  }
  bool flush_prefix(std::string_view prefix, UnixSeconds now_s) override {
    bool flushed = true;
    for (TestCore& shard : shards) flushed = shard.backend.flush_prefix(prefix, now_s) && flushed;
    return flushed;
  }
  void set_tiering(const TieringSettings& settings) override { tiering = settings; }
  std::size_t tier_regions(unsigned shard, std::size_t first, std::span<TierRegion> rows) override {
    return shards[shard].backend.tier_regions(0, first, rows);
  }
  bool set_memory_limit(std::size_t bytes) override {
    memory_limit = bytes;
    return bytes != 13U << 20U;
  }
  unsigned shard_count() const override { return 2; }
  std::uint64_t scan(unsigned shard, std::uint64_t cursor, std::size_t max_items, UnixSeconds now_s,
                     ItemVisitor& visitor) override {
    return shards[shard].backend.scan(0, cursor, max_items, now_s, visitor);
  }
  ListNext list_tier(unsigned shard, TierListing*& listing, UnixSeconds now_s, ItemVisitor& visitor,
                     Waker* waker) override {
    return shards[shard].backend.list_tier(0, listing, now_s, visitor, waker);
  }
  void end_tier_listing(unsigned shard, TierListing* listing) override {
    shards[shard].backend.end_tier_listing(0, listing);
  }

  std::string ask(std::string_view line, AdminResult* result = nullptr) {
    Request request;
    request.begin_admin().line = line;
    Output out;
    AdminResult own = run_admin_command(request, *this, {TestCore::kStart}, out, nullptr);
    while (own.stream && own.stream->produce(out, {TestCore::kStart}) == ReplyStream::Next::kMore) {
      ++slices;
    }
    std::string reply;
    out.for_each_span([&](std::string_view span) { reply.append(span); });
    if (result != nullptr) *result = std::move(own);
    return reply;
  }

  TestCore shards[2];
  std::size_t memory_limit = 0;
  TieringSettings tiering;
  int slices = 0;
  HostRegistry registry;

 private:
  Settings settings_;
};

// The value of a row of a page of `stats`; "(none)" if there is no such row.
inline std::string row_of(const std::string& page, const std::string& name) {
  const std::string begin = "STAT " + name + " ";
  const std::size_t at = page.find(begin);
  if (at == std::string::npos) return "(none)";
  const std::size_t value = at + begin.size();
  return page.substr(value, page.find('\r', value) - value);
}

}  // namespace isocache
