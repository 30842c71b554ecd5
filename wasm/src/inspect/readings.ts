// Reads what abi/inspect_store.cc writes, which says what each word is.

import type { Machine } from './machine.js';
import type { EvictionStep, GhostState, ItemState, MemoryState, SegmentState } from './types.js';

// How many words each entry has.
const MEMORY_WORDS = 7;
const SEGMENT_WORDS = 9;
const ITEM_WORDS = 14;
const GHOST_WORDS = 2;
const STEP_WORDS = 5;
const OUTCOME_WORDS = 3;

// Numbers of core/store/inspection.h.
const QUEUES = ['small', 'main', 'other', 'other', 'other', 'other'] as const;
const HOLDS = ['items', 'items', 'index', 'ghost', 'leaving', 'leaving'] as const;
const REASONS = ['age', 'dead', 'flushed'] as const;
const FATES = ['dropped', 'reclaimed', 'small', 'main'] as const;

// Bits of an item (core/store/record.h), and marks besides.
const FETCHED = 1;
const STALE = 2;
const WIN_SENT = 4;
const BINARY_KEY = 8;
const IN_MAIN = 1;
const RECLAIMABLE = 2;

const WORD_BITS = 32n;
const MS_PER_S = 1000;

/** Words of 32 bits, one after the other. */
class Words {
  readonly #words: Uint32Array;
  #at = 0;
  constructor(machine: Machine, count: number) {
    this.#words = machine.scratchWords(count);
  }
  next(): number {
    return this.#words[this.#at++]!;
  }
}

/** Entries of a list whose parts `call` writes, from the entry `from` on. It gives how many, 0 at the end. */
function* parts(machine: Machine, entryWords: number, call: (from: number) => number): Generator<Words> {
  for (let from = 0, count = call(0); count > 0; count = call((from += count))) {
    const words = new Words(machine, count * entryWords);
    for (let i = 0; i < count; ++i) yield words;
  }
}

export function readMemory(machine: Machine): MemoryState {
  machine.calls.inspect_memory();
  const words = new Words(machine, MEMORY_WORDS);
  const memory = {
    limit: words.next(),
    used: 0,
    live: words.next(),
    dead: words.next(),
    free: words.next(),
    index: words.next(),
    ghost: words.next(),
    other: words.next(),
  };
  const { live, dead, free, index, ghost, other } = memory;
  return { ...memory, used: live + dead + free + index + ghost + other };
}

export function readSegments(machine: Machine): SegmentState[] {
  const entries = parts(machine, SEGMENT_WORDS, (from) => machine.calls.inspect_segments(from));
  return Array.from(entries, (words) => {
    const id = words.next();
    const content = words.next();
    return {
      id,
      queue: QUEUES[content]!,
      holds: HOLDS[content]!,
      order: words.next(),
      band: words.next(),
      open: words.next() !== 0,
      items: words.next(),
      liveBytes: words.next(),
      deadBytes: words.next(),
      freeBytes: words.next(),
    };
  });
}

export function readItems(machine: Machine, from: number, count: number): ItemState[] {
  const call = (done: number): number =>
    done < count ? machine.calls.inspect_items(from + done, Math.min(count - done, 0xffffffff)) : 0;
  return Array.from(parts(machine, ITEM_WORDS, call), (words) => itemOf(machine, words));
}

/** REQUIRES: the key is in the scratch area. */
export function readItem(machine: Machine, keyLength: number): ItemState | undefined {
  return machine.calls.inspect_item(keyLength) ? itemOf(machine, new Words(machine, ITEM_WORDS)) : undefined;
}

function itemOf(machine: Machine, words: Words): ItemState {
  const key = keyOf(machine, words);
  const valueLength = words.next();
  const bytes = words.next();
  const casLow = words.next();
  const cas = (BigInt(words.next()) << WORD_BITS) | BigInt(casLow);
  const clientFlags = words.next();
  const expires = words.next() * MS_PER_S;
  const lastAccess = words.next() * MS_PER_S;
  const bits = words.next();
  const segment = words.next();
  const offset = words.next();
  const frequency = words.next();
  const marks = words.next();
  return {
    key,
    binaryKey: (bits & BINARY_KEY) !== 0,
    valueLength,
    bytes,
    cas,
    clientFlags,
    expires,
    lastAccess,
    fetched: (bits & FETCHED) !== 0,
    stale: (bits & STALE) !== 0,
    won: (bits & WIN_SENT) !== 0,
    queue: (marks & IN_MAIN) !== 0 ? 'main' : 'small',
    segment,
    offset,
    frequency,
    gone: (marks & RECLAIMABLE) !== 0,
  };
}

function keyOf(machine: Machine, words: Words): Uint8Array {
  const at = words.next();
  return machine.bytes.slice(at, at + words.next());
}

export function readGhost(machine: Machine): GhostState {
  machine.calls.inspect_ghost();
  const words = new Words(machine, GHOST_WORDS);
  return { entries: words.next(), capacity: words.next() };
}

/** Takes the step; undefined: there was nothing to evict. */
export function stepEviction(machine: Machine): EvictionStep | undefined {
  machine.calls.evict_segment();
  const words = new Words(machine, STEP_WORDS);
  const step: EvictionStep = {
    segment: words.next(),
    queue: words.next() === QUEUES.indexOf('main') ? 'main' : 'small',
    reason: REASONS[words.next()]!,
    dropped: [],
    reclaimed: [],
    kept: [],
    freedBytes: words.next(),
  };
  for (const outcome of parts(machine, OUTCOME_WORDS, (from) => machine.calls.evicted_items(from))) {
    const key = keyOf(machine, outcome);
    const fate = FATES[outcome.next()]!;
    if (fate === 'dropped' || fate === 'reclaimed') step[fate].push(key);
    else step.kept.push({ key, to: fate });
  }
  machine.calls.evicted_items_end();
  return step.segment === 0 ? undefined : step;
}
