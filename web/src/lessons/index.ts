// The lessons, in the order in which they are best taken. Each one is a file of its own, and is loaded when it is
// opened.

import type { Lesson } from './lesson.js';

export interface LessonEntry extends Pick<Lesson, 'id' | 'title' | 'minutes'> {
  /** How many tasks it has. */
  readonly tasks: number;
  load(): Promise<Lesson>;
}

type Module = Promise<{ lesson: Lesson }>;

function entry(id: string, title: string, minutes: number, tasks: number, load: () => Module): LessonEntry {
  return { id, title, minutes, tasks, load: async () => (await load()).lesson };
}

export const LESSONS: readonly LessonEntry[] = [
  entry('hit-or-miss', 'A miss is EN, a hit is HD', 2, 4, () => import('./all/hit-or-miss.js')),
  entry('lengths', 'The length comes first', 3, 4, () => import('./all/lengths.js')),
  entry('state-before', 'h, l and t tell the state before', 4, 5, () => import('./all/state-before.js')),
  entry('leases', 'Leases: N, W and Z', 5, 5, () => import('./all/leases.js')),
  entry('lost-lease', 'A lease that was lost', 5, 5, () => import('./all/lost-lease.js')),
  entry('stale', 'Old is better than nothing: I and X', 4, 5, () => import('./all/stale.js')),
  entry('early', 'R wins once: a new page before the old one ends', 4, 4, () => import('./all/early.js')),
  entry('cas', 'Change only what you have read: C and E', 4, 5, () => import('./all/cas.js')),
  entry('quiet', 'Quiet commands, mn, and noreply', 4, 5, () => import('./all/quiet.js')),
  entry('opaque', 'Labels and keys in replies', 3, 3, () => import('./all/opaque.js')),
  entry('thirty-days', 'The trap at 30 days', 3, 4, () => import('./all/thirty-days.js')),
  entry('counters', 'Modes and counters', 4, 5, () => import('./all/counters.js')),
  entry('base64', 'Keys of any bytes: b', 3, 3, () => import('./all/base64.js')),
  entry('ignored', 'What is refused, and what is ignored', 3, 4, () => import('./all/ignored.js')),
  entry('eviction', 'Eviction, and keys that stay', 5, 4, () => import('./all/eviction.js')),
];
