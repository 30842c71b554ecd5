// isocache_*: segments, bands, tiers, shards, logins, TLS, turns, reads.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "native/metrics/host_row_name.h"
#include "native/metrics/metrics.h"

namespace isocache {
namespace {

#if defined(__clang__)
constexpr std::string_view kCompilerName = "clang";
constexpr int kCompilerVersion[] = {__clang_major__, __clang_minor__, __clang_patchlevel__};
#else
constexpr std::string_view kCompilerName = "gcc";
constexpr int kCompilerVersion[] = {__GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__};
#endif

#if defined(__x86_64__)
constexpr std::string_view kArchitecture = "x86_64";
#elif defined(__aarch64__)
constexpr std::string_view kArchitecture = "aarch64";
#else
constexpr std::string_view kArchitecture = "other";
#endif

void write_build(MetricsWriter& out) {
  out.gauge("isocache_build_info", "The version of isocached, and what it was built with and for.");
  const std::string compiler =
      fmt::format("{} {}", kCompilerName, fmt::join(kCompilerVersion, "."));
  out.sample({{"version", kIsocacheVersion},
              {"protocol", kProtocolVersion},
              {"compiler", compiler},
              {"architecture", kArchitecture}},
             1);
}

void write_segments(const EngineFigures& sum, MetricsWriter& out) {
  const MemoryUse& memory = sum.memory;
  std::uint64_t queued = 0;
  for (const BandStats& band : sum.bands) queued += band.segments;
  const std::uint64_t all = memory.segment_bytes / limits::kSegmentBytes;
  const std::uint64_t index = memory.index_bytes / limits::kSegmentBytes;
  const std::uint64_t ghosts = memory.ghost_bytes / limits::kSegmentBytes;
  const std::uint64_t tier = memory.lent_bytes / limits::kSegmentBytes;
  const std::uint64_t known = queued + index + ghosts + tier;
  out.gauge("isocache_segments", "64 KiB segments by what they hold; spare: free or in transit.");
  out.sample({{"state", "items"}}, queued);
  out.sample({{"state", "index"}}, index);
  out.sample({{"state", "ghosts"}}, ghosts);
  if (sum.tier.exists()) out.sample({{"state", "tier"}}, tier);
  out.sample({{"state", "spare"}}, all - std::min(all, known));
}

void write_memory(const MemoryUse& memory, MetricsWriter& out) {
  out.gauge("isocache_memory_bytes", "Memory by use; dead: replaced, deleted or expired items.");
  out.sample({{"use", "items"}}, memory.item_bytes);
  out.sample({{"use", "dead"}}, memory.dead_bytes);
  out.sample({{"use", "index"}}, memory.index_bytes);
  out.sample({{"use", "ghosts"}}, memory.ghost_bytes);
}

// The size of a band's largest items; see Store::band_of.
std::string band_label(unsigned band) {
  return band + 1 == kBands ? "+Inf" : std::to_string(band_item_bytes(band));
}

void write_bands(const EngineFigures& sum, MetricsWriter& out) {
  const auto sample_each = [&](auto&& value) {
    for (unsigned band = 0; band < kBands; ++band) {
      out.sample({{"up_to_bytes", band_label(band)}}, value(sum, band));
    }
  };
  out.gauge("isocache_band_items", "Items by size band.");
  sample_each([](const EngineFigures& of, unsigned band) { return of.bands[band].items; });
  out.gauge("isocache_band_bytes", "Bytes of items by size band.");
  sample_each([](const EngineFigures& of, unsigned band) { return of.bands[band].item_bytes; });
  out.gauge("isocache_band_segments", "Segments by size band.");
  sample_each([](const EngineFigures& of, unsigned band) { return of.bands[band].segments; });
  out.counter("isocache_band_evictions_total", "Live items dropped for room, by size band.");
  sample_each(
      [](const EngineFigures& of, unsigned band) { return of.store.bands[band].evictions; });
}

struct StoreFamily {
  std::string_view name;
  std::string_view help;
  std::uint64_t StoreCounters::*counter;
};

constexpr StoreFamily kStoreFamilies[] = {
    {"isocache_evicted_unfetched_total", "Evicted items that nobody had ever read.",
     &StoreCounters::evicted_unfetched},
    {"isocache_evicted_active_total", "Items evicted though read since they were written.",
     &StoreCounters::evicted_active},
    {"isocache_expired_unfetched_total", "Expired items that nobody had ever read.",
     &StoreCounters::expired_unfetched},
    {"isocache_ghost_hits_total", "Items stored again soon after their eviction.",
     &StoreCounters::ghost_hits},
    {"isocache_compacted_segments_total", "Segments emptied to close gaps.",
     &StoreCounters::compacted_segments},
    {"isocache_in_place_updates_total", "Values overwritten where they lay.",
     &StoreCounters::in_place_updates},
};

void write_eviction(const StoreCounters& store, MetricsWriter& out) {
  for (const StoreFamily& family : kStoreFamilies) {
    out.counter(family.name, family.help, store.*family.counter);
  }
}

void write_tiers(const EngineFigures& sum, MetricsWriter& out) {
  const auto sample_each = [&](std::uint64_t ram, std::uint64_t flash) {
    out.sample({{"tier", "ram"}}, ram);
    if (sum.tier.exists()) out.sample({{"tier", "flash"}}, flash);
  };
  out.gauge("isocache_tier_items", "Items by tier.");
  sample_each(sum.items, sum.tier.records);
  out.gauge("isocache_tier_bytes", "Bytes of live items by tier.");
  sample_each(sum.memory.item_bytes, sum.tier.record_bytes);
  out.gauge("isocache_tier_limit_bytes", "How much a tier may take.");
  sample_each(sum.memory.limit, sum.tier.limit_bytes);
}

// Items that left memory, or the index, and are not on the device.
void write_flash_losses(const TierFigures& tier, MetricsWriter& out) {
  out.counter("isocache_flash_dropped_total",
              "Items that the flash tier did not take, or gave up for want of memory.");
  const auto reason = [&](std::string_view name, std::uint64_t value) {
    out.sample({{"reason", name}}, value);
  };
  reason("not_admitted", tier.not_admitted);
  reason("no_buffer", tier.not_appended - std::min(tier.too_large, tier.not_appended));
  reason("too_large", tier.too_large);
  reason("index_full", tier.entries_replaced);
}

// Only if there is a flash tier.
void write_flash(const TierFigures& tier, MetricsWriter& out) {
  if (!tier.exists()) return;
  const auto result = [&](std::string_view name, std::uint64_t value) {
    out.sample({{"result", name}}, value);
  };
  out.counter("isocache_flash_fetches_total", "Requests that asked the flash tier for an item.");
  result("answered", tier.counters.answered);
  result("recached", tier.counters.recached);
  result("missing", tier.counters.missing);
  result("abandoned", tier.counters.abandoned);
  write_flash_losses(tier, out);
  out.counter("isocache_flash_faults_total", "What went wrong on the device.");
  out.sample({{"fault", "read"}}, tier.failed_reads);
  out.sample({{"fault", "write"}}, tier.failed_writes);
  out.sample({{"fault", "damaged_record"}}, tier.counters.damaged);
  out.sample({{"fault", "read_refused"}}, tier.counters.refused);
  out.sample({{"fault", "damaged_page"}}, tier.bad_pages);
  out.sample({{"fault", "not_waited"}}, tier.counters.not_waited);
  out.gauge("isocache_flash_failed_regions", "Regions that are not used after a failed write.",
            tier.regions_failed);
  out.gauge("isocache_flash_shards_off", "Shards that write no more, after too many failed writes.",
            tier.off);
  out.gauge("isocache_flash_shards_stalled", "Shards whose device has ended nothing for seconds.",
            tier.stalled);
  out.gauge("isocache_flash_index_room", "Items that the index can ever have room for.",
            tier.index_room);
  out.gauge("isocache_flash_memory_bytes", "Memory of the flash tier; it counts into -m.");
  out.sample({{"use", "index"}}, tier.index_bytes);
  out.sample({{"use", "buffers"}}, tier.lent_bytes - std::min(tier.index_bytes, tier.lent_bytes));
}

void write_shards(const std::vector<EngineFigures>& shards, MetricsWriter& out) {
  const auto sample_each = [&](auto&& value) {
    for (std::size_t i = 0; i < shards.size(); ++i) {
      out.sample({{"shard", std::to_string(i)}}, value(shards[i]));
    }
  };
  out.gauge("isocache_shard_items", "Items by shard.");
  sample_each([](const EngineFigures& shard) { return shard.items; });
  out.gauge("isocache_shard_bytes", "Bytes of live items by shard.");
  sample_each([](const EngineFigures& shard) { return shard.memory.item_bytes; });
}

void write_logins(const HostRows& host, MetricsWriter& out) {
  out.counter("isocache_logins_total", "Passwords that clients sent (-Y), by outcome.");
  const std::uint64_t all = HostRowName("auth_cmds").of(host);
  const std::uint64_t refused = HostRowName("auth_errors").of(host);
  out.sample({{"result", "accepted"}}, all - std::min(refused, all));
  out.sample({{"result", "refused"}}, refused);
}

void write_closed_connections(const HostRows& host, MetricsWriter& out) {
  out.counter("isocache_idle_kicks_total", "Connections closed as idle (-o idle_timeout).",
              HostRowName("idle_kicks").of(host));
  out.counter("isocache_connections_closed_total",
              "Connections closed because others waited for the memory that they held.");
  out.sample({{"reason", "slow_reader"}}, HostRowName("isocache_slow_readers_closed").of(host));
  out.sample({{"reason", "stalled_upload"}},
             HostRowName("isocache_stalled_uploads_closed").of(host));
}

// The samples of a histogram. They have this label; an empty one is left out.
void write_histogram(const std::pair<std::string_view, std::string_view>& label,
                     const std::function<void(const HistogramVisitor&)>& for_each_histogram,
                     MetricsWriter& out) {
  using Labels = MetricsWriter::Labels;
  const auto with_label = [&](std::string_view bound, const auto& write) {
    const std::pair<std::string_view, std::string_view> le("le", bound);
    const bool has_bound = !bound.empty();
    if (label.first.empty()) return has_bound ? write(Labels{le}) : write(Labels{});
    return has_bound ? write(Labels{label, le}) : write(Labels{label});
  };
  std::array<std::uint64_t, LatencyHistogram::kBuckets> counts = {};
  std::uint64_t sum_ns = 0;
  if (for_each_histogram) {
    for_each_histogram([&](const LatencyHistogram& one) {
      for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += one.count_in(i);
      sum_ns += one.sum_ns();
    });
  }
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    so_far += counts[i];
    const bool last = i + 1 == counts.size();
    const std::string bound = last ? "+Inf" : decimal(std::uint64_t{1} << i, 6);
    with_label(bound, [&](Labels labels) { out.part("_bucket", labels, so_far); });
  }
  with_label({}, [&](Labels labels) { out.fixed_part("_sum", labels, sum_ns, 9); });
  with_label({}, [&](Labels labels) { out.part("_count", labels, so_far); });
}

void write_turns(const PageFigures& figures, MetricsWriter& out) {
  out.histogram("isocache_turn_duration_seconds",
                "A turn of a connection: from ready (memcached) or a frame received (websocket), "
                "over a batch of requests, to the replies in the socket.");
  write_histogram({"transport", "memcached"}, figures.memcached_turns, out);
  write_histogram({"transport", "websocket"}, figures.websocket_turns, out);
}

void write_flash_reads(const PageFigures& figures, MetricsWriter& out) {
  if (!figures.flash_reads) return;
  out.histogram("isocache_flash_read_duration_seconds",
                "A read of the flash tier's device: from when it is asked for to when the thread "
                "that asked has it.");
  write_histogram({}, figures.flash_reads, out);
}

void write_tls(const HostRows& host, MetricsWriter& out) {
  if (host.find(HostRowName("ssl_handshake_errors").name()) == nullptr) return;  // TLS is off
  out.counter("isocache_tls_handshake_errors_total", "TLS handshakes that failed.",
              HostRowName("ssl_handshake_errors").of(host));
  out.counter("isocache_tls_protocol_errors_total", "TLS connections that broke after that.",
              HostRowName("ssl_proto_errors").of(host));
  out.gauge("isocache_tls_certificate_age_seconds", "Since the certificates were read.",
            HostRowName("time_since_server_cert_refresh").of(host));
}

}  // namespace

void write_own_metrics(const ServerFigures& server, const PageFigures& figures,
                       MetricsWriter& out) {
  write_build(out);
  out.gauge("isocache_threads", "Worker threads (-t).",
            HostRowName("threads").of(server.host_stats));
  write_segments(server.sum, out);
  write_memory(server.sum.memory, out);
  write_bands(server.sum, out);
  write_eviction(server.sum.store, out);
  write_tiers(server.sum, out);
  write_flash(server.sum.tier, out);
  write_shards(server.shards, out);
  write_logins(server.host_stats, out);
  write_closed_connections(server.host_stats, out);
  write_tls(server.host_stats, out);
  write_turns(figures, out);
  write_flash_reads(figures, out);
}

}  // namespace isocache
