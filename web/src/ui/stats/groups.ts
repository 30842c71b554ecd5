// The rows of `stats` that people look for first.

export const GROUPS: readonly { readonly title: string; readonly names: readonly string[] }[] = [
  {
    title: 'Asked and found',
    names: [
      'cmd_get',
      'get_hits',
      'get_misses',
      'get_expired',
      'get_flushed',
      'cmd_touch',
      'touch_hits',
      'touch_misses',
    ],
  },
  { title: 'Meta commands', names: ['cmd_meta', 'cmd_set', 'cmd_flush', 'delete_hits', 'delete_misses'] },
  {
    title: 'Counters and cas',
    names: ['incr_hits', 'incr_misses', 'decr_hits', 'decr_misses', 'cas_hits', 'cas_misses', 'cas_badval'],
  },
  { title: 'Items', names: ['curr_items', 'total_items', 'bytes', 'limit_maxbytes', 'evictions', 'reclaimed'] },
];
