// Replies to `stats`.

import { utf8Of } from '../base/bytes.js';
import type { Stats } from '../base/types.js';
import { replyCount } from './reply.js';

/** Statistics by name, as they are read. */
export type NamedStats = Map<string, string>;

/** Takes one line of a reply. False: it is no statistic. */
export function addStat(all: NamedStats, line: string): boolean {
  const [, name, value = ''] = /^STAT ([^ ]+) ?(.*)$/s.exec(line) ?? [];
  if (name === undefined) return false;
  all.set(utf8Of(name), utf8Of(value));
  return true;
}

/** Of what `stats` told without an argument. */
export function summarize(all: NamedStats): Stats {
  const number = (name: string) => replyCount(all.get(name) ?? '0');
  return {
    items: number('curr_items'),
    bytes: number('bytes'),
    maxBytes: number('limit_maxbytes'),
    hits: number('get_hits'),
    misses: number('get_misses'),
    sets: number('cmd_set'),
    evictions: number('evictions'),
    all: Object.fromEntries(all),
  };
}
