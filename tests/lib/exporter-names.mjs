// What prometheus/memcached_exporter makes of memcached's answers (pkg/exporter/exporter.go, read at
// 0cbb0fb): names, labels, types. Dashboards and alerts are written for these.
//
//   name after "memcached_" | type | key of the answer
//
// A counter without "_total" in its name is against the format's rules; those are gauges of ours.

/** Families without labels, by the key of `stats`; total_malloced is one of `stats slabs`. */
export const STATS = `
  uptime_seconds                      counter uptime
  time_seconds                        gauge   time
  process_user_cpu_seconds_total      counter rusage_user
  process_system_cpu_seconds_total    counter rusage_system
  read_bytes_total                    counter bytes_read
  written_bytes_total                 counter bytes_written
  current_connections                 gauge   curr_connections
  connections_total                   counter total_connections
  connections_rejected_total          counter rejected_connections
  connections_yielded_total           counter conn_yields
  connections_listener_disabled_total counter listen_disabled_num
  accepting_connections               gauge   accepting_conns
  current_bytes                       gauge   bytes
  limit_bytes                         gauge   limit_maxbytes
  malloced_bytes                      gauge   total_malloced
  current_items                       gauge   curr_items
  items_total                         counter total_items
  items_evicted_total                 counter evictions
  items_reclaimed_total               counter reclaimed
  item_too_large_total                counter store_too_large
  item_no_memory_total                counter store_no_memory
  direct_reclaims_total               counter direct_reclaims
  lru_crawler_starts_total            counter lru_crawler_starts
  lru_crawler_reclaimed_total         counter crawler_reclaimed
  lru_crawler_items_checked_total     counter crawler_items_checked
  lru_crawler_moves_to_cold_total     counter moves_to_cold
  lru_crawler_moves_to_warm_total     counter moves_to_warm
  lru_crawler_moves_within_lru_total  counter moves_within_lru`;

/** The same, by the key of `stats settings`. */
export const SETTINGS = `
  max_connections               gauge maxconns
  lru_crawler_enabled           gauge lru_crawler
  lru_crawler_sleep             gauge lru_crawler_sleep
  lru_crawler_to_crawl          gauge lru_crawler_tocrawl
  lru_crawler_maintainer_thread gauge lru_maintainer_thread
  lru_crawler_hot_percent       gauge hot_lru_pct
  lru_crawler_warm_percent      gauge warm_lru_pct
  lru_crawler_hot_max_factor    gauge hot_max_factor
  lru_crawler_warm_max_factor   gauge warm_max_factor`;

/** With the label slab, by the key of `stats items`. */
export const ITEMS = `
  slab_current_items                 gauge   number
  slab_hot_items                     gauge   number_hot
  slab_warm_items                    gauge   number_warm
  slab_cold_items                    gauge   number_cold
  slab_items_age_seconds             gauge   age
  slab_hot_age_seconds               gauge   age_hot
  slab_warm_age_seconds              gauge   age_warm
  slab_mem_requested_bytes           counter mem_requested
  slab_items_evicted_total           counter evicted
  slab_items_evicted_nonzero_total   counter evicted_nonzero
  slab_items_evicted_time_seconds    counter evicted_time
  slab_items_evicted_unfetched_total counter evicted_unfetched
  slab_items_expired_unfetched_total counter expired_unfetched
  slab_items_outofmemory_total       counter outofmemory
  slab_items_reclaimed_total         counter reclaimed
  slab_items_crawler_reclaimed_total counter crawler_reclaimed
  slab_items_tailrepairs_total       counter tailrepairs
  slab_items_moves_to_cold           counter moves_to_cold
  slab_items_moves_to_warm           counter moves_to_warm
  slab_items_moves_within_lru        counter moves_within_lru`;

/** With the label slab, by the key of `stats slabs`. */
export const SLABS = `
  slab_chunk_size_bytes gauge chunk_size
  slab_chunks_per_page  gauge chunks_per_page
  slab_current_pages    gauge total_pages
  slab_current_chunks   gauge total_chunks
  slab_chunks_used      gauge used_chunks
  slab_chunks_free      gauge free_chunks
  slab_chunks_free_end  gauge free_chunks_end`;

/** memcached_commands_total by command and status, of `stats`; set is cmd_set without what cas counts. */
export const COMMANDS = {
  ...Object.fromEntries(
    ['get', 'delete', 'incr', 'decr', 'cas', 'touch'].flatMap((command) => [
      [`command="${command}",status="hit"`, [`${command}_hits`]],
      [`command="${command}",status="miss"`, [`${command}_misses`]],
    ]),
  ),
  'command="cas",status="badval"': ['cas_badval'],
  'command="flush",status="hit"': ['cmd_flush'],
  'command="set",status="hit"': ['cmd_set', '-cas_hits', '-cas_misses', '-cas_badval'],
};

/** memcached_slab_commands_total by slab, command and status, of `stats slabs`. */
export const SLAB_COMMANDS = {
  ...Object.fromEntries(
    ['get', 'delete', 'incr', 'decr', 'cas', 'touch'].map((command) => [
      `command="${command}",status="hit"`,
      [`${command}_hits`],
    ]),
  ),
  'command="cas",status="badval"': ['cas_badval'],
  'command="set",status="hit"': ['cmd_set', '-cas_hits', '-cas_badval'],
};

/** memcached_slab_lru_hits_total by slab and lru, of `stats items`. */
export const LRU_HITS = {
  'lru="hot"': ['hits_to_hot'],
  'lru="warm"': ['hits_to_warm'],
  'lru="cold"': ['hits_to_cold'],
  'lru="temporary"': ['hits_to_temp'],
};

/** The exporter has these, and what they are made of is no answer of ours; native/docs/metrics.md says why. */
export const OMITTED = [
  'slab_temporary_items',
  'extstore_*',
  'proxy_*',
  'round_robin_fallback_total',
  'unexpected_napi_ids_total',
];

/** [{name, type, key}] of one of the tables above. */
export function rowsOf(table) {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [name, type, key] = line.trim().split(/\s+/);
      return { name: `memcached_${name}`, type: name.endsWith('_total') ? type : 'gauge', key };
    });
}
