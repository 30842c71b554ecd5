// What a ready-made race tells, and the acts that several of them have.

import { bytesOf } from '../../base/text.js';
import type { Step } from '../../tape/types.js';
import type { Act, Condition, End, Lane, Race, SendAct, Verdict } from '../race.js';

/** One way to do it. */
export interface Variant extends Race {
  /** "get and set" */
  readonly name: string;
  /** One sentence about it. */
  readonly say: string;
}

export interface Scene {
  readonly id: string;
  readonly title: string;
  /** One sentence: what the clients want, and what can go wrong. */
  readonly say: string;
  /** What a bad end is called: "old data". */
  readonly badName: string;
  /** The way that goes wrong first, the one that does not last. */
  readonly variants: readonly [Variant, ...Variant[]];
}

export function send(line: string, say: string, more: Partial<Pick<SendAct, 'value' | 'when'>> = {}): Act {
  return { kind: 'send', line, say, ...more };
}

export function readRow(when?: Condition): Act {
  return { kind: 'read row', say: 'reads the database', ...(when === undefined ? {} : { when }) };
}

export function writeRow(row: string): Act {
  return { kind: 'write row', row, say: `writes the database: ${row}` };
}

export function lane(client: string, acts: readonly Act[]): Lane {
  return { client, acts };
}

/** A store before the race begins. */
export function stored(key: string, value: string): Step {
  return { kind: 'send', client: 'alice', bytes: bytesOf(`set ${key} 0 0 ${value.length}\r\n${value}\r\n`) };
}

/** Bad if the cache has another page than the database. An empty placeholder promises nothing. */
export function judgePage({ value, row }: End): Verdict {
  const page = value('page');
  if (page === undefined) return { bad: false, text: 'the cache has no page' };
  if (page === '') return { bad: false, text: 'the cache waits for the page' };
  if (page === row) return { bad: false, text: `cache and database have the ${row} page` };
  return { bad: true, text: `the cache has the ${page} page, the database the ${row} one` };
}

/** Bad if a store was taken and is not in the number. */
export function judgeVisits({ value, stores }: End): Verdict {
  const visits = value('visits');
  const bad = Number(visits) !== stores;
  return { bad, text: `${stores} updates were taken, the number says ${visits}` };
}
