// A whole store that can be looked into, copied, and put back to where it was. Nothing in it is left to chance: the
// hash has a fixed key, and time passes when it is told to.

import { isBytes, within, wrong } from '../base/arguments.js';
import { MAX_KEY_BYTES } from '../base/limits.js';
import { plainBytesOf } from '../base/plain-bytes.js';
import { IsocacheError } from '../base/types.js';
import type { Image, Machine } from './machine.js';
import type { Pool } from './pool.js';
import { readGhost, readItem, readItems, readMemory, readSegments, stepEviction } from './readings.js';
import { Sessions } from './sessions.js';
import { checkSettings, MAX_NOW_MS, secondsOf, settingsOf } from './settings.js';
import type {
  EvictionStep,
  GhostState,
  ItemState,
  MemoryState,
  SavedState,
  SegmentState,
  Session,
  StoreEvent,
  StoreSettings,
} from './types.js';

const MAX_WORD = 0xffffffff;
const KEY_LENGTH = `of 1 to ${MAX_KEY_BYTES} bytes`;
// Events are for who looks at them soon. The oldest are forgotten.
const MOST_EVENTS = 4096;

/** What an inspector knows besides its instance. */
interface Known {
  readonly maxBytes: number;
  nowMs: number;
  readonly sessions: Sessions;
}

const copyOf = (known: Known): Known => ({ ...known, sessions: new Sessions(known.sessions) });

class Saved implements SavedState {
  readonly bytes: number;
  constructor(
    readonly module: WebAssembly.Module,
    readonly image: Image,
    readonly known: Known,
  ) {
    this.bytes = image.bytes.length + image.parts.byteLength;
  }
}

export class Inspector {
  readonly #pool: Pool;
  #machine: Machine | undefined;
  #known: Known;
  #events: StoreEvent[] = [];

  /** For openInspector(), and for this class: it copies `from`, if that is given. */
  constructor(pool: Pool, settings: StoreSettings, from?: { machine: Machine; known: Known }) {
    this.#pool = pool;
    if (from) {
      this.#use(pool.take()).copyFrom(from.machine);
      this.#known = copyOf(from.known);
    } else {
      const { maxBytes, now, ...others } = settingsOf(settings);
      this.#use(pool.fresh()).open({ maxBytes, ...others });
      this.#known = { maxBytes, nowMs: now, sessions: new Sessions() };
    }
  }

  #use(machine: Machine): Machine {
    machine.onEvict = (key) => this.#evicted(key);
    this.#machine = machine;
    return machine;
  }

  #open(): Machine {
    if (this.#machine === undefined) throw new IsocacheError('CLOSED', 'the inspector was released');
    if (this.#machine.broken) throw new IsocacheError('CLOSED', 'a call has failed midway: restore a saved state');
    return this.#machine;
  }

  get maxBytes(): number {
    return this.#known.maxBytes;
  }

  // --- time ---------------------------------------------------------------------------------------

  /** Milliseconds since 1970. Forward only: the background work of the seconds between is done. */
  get now(): number {
    return this.#known.nowMs;
  }
  set now(nowMs: number) {
    const machine = this.#open();
    within('now', nowMs, this.#known.nowMs, MAX_NOW_MS);
    this.#known.nowMs = nowMs;
    machine.calls.advance(secondsOf(nowMs));
  }

  // --- connections --------------------------------------------------------------------------------

  connect(): Session {
    return this.session(this.#known.sessions.add(this.#open()));
  }

  /** The connection that had this id when this inspector was forked, or its state was saved. */
  session(id: number): Session {
    this.#open();
    if (!this.#known.sessions.has(id)) throw wrong('id', 'that of a connection that was not closed');
    const state = () => this.#known.sessions.state(id);
    return {
      id,
      feed: (bytes, maxReplyBytes = Infinity) =>
        this.#known.sessions.feed(this.#open(), id, bytes, secondsOf(this.#known.nowMs), maxReplyBytes),
      get unfinished() {
        return state().unfinished;
      },
      get closing() {
        return state().address === 0;
      },
      get truncated() {
        return state().truncated;
      },
      close: () => this.#known.sessions.close(this.#open(), id),
    };
  }

  // --- copies -------------------------------------------------------------------------------------

  /** An independent copy of store and connections. Events are not copied. Give it back by release(). */
  fork(): Inspector {
    return new Inspector(this.#pool, {}, { machine: this.#open(), known: this.#known });
  }

  /** A new, empty one, in the same module. */
  another(settings: StoreSettings = {}): Inspector {
    checkSettings(settings);
    return new Inspector(this.#pool, settings);
  }

  /** It is used no more: the next fork takes its memory. */
  release(): void {
    if (this.#machine === undefined) return;
    this.#pool.giveBack(this.#machine);
    this.#machine = undefined;
    this.#events = [];
  }

  save(): SavedState {
    return new Saved(this.#pool.module, this.#open().save(), copyOf(this.#known));
  }

  /** Goes back to what save() gave, here or in another inspector of the same module. Also after a call that failed. */
  restore(saved: SavedState): void {
    if (!(saved instanceof Saved) || saved.module !== this.#pool.module) {
      throw wrong('saved', 'what save() gave, with the same module');
    }
    if (this.#machine?.broken) this.#use(this.#pool.take());
    this.#open().restore(saved.image);
    this.#known = copyOf(saved.known);
    this.#events = [];
  }

  // --- the store ----------------------------------------------------------------------------------

  /** Where the memory is, to the byte. */
  memory(): MemoryState {
    return readMemory(this.#open());
  }

  /** Those in use: queue by queue, each in its order, then the others. */
  segments(): SegmentState[] {
    return readSegments(this.#open());
  }

  /** Items in memory, also those that are gone. */
  get itemCount(): number {
    return this.#open().calls.inspect_item_count();
  }

  /** Segment by segment, as segments() has them, and in each as they lie; `count` of them behind the first `from`. */
  items({ from = 0, count = Infinity }: { from?: number; count?: number } = {}): ItemState[] {
    const machine = this.#open();
    return readItems(machine, within('from', from, 0, MAX_WORD, 1), within('count', count, 0, Infinity));
  }

  item(key: Uint8Array): ItemState | undefined {
    const machine = this.#open();
    return readItem(machine, this.#writeKey(machine, key));
  }

  /** The value that is stored, or its first `most` bytes. To look at it leaves no trace. */
  value(key: Uint8Array, most = Infinity): Uint8Array | undefined {
    const machine = this.#open();
    within('most', most, 0, Infinity);
    const length = machine.calls.inspect_value(this.#writeKey(machine, key));
    return length < 0 ? undefined : machine.reply(Math.min(length, Math.floor(most)));
  }

  ghost(): GhostState {
    return readGhost(this.#open());
  }

  /** Whether a new item with this key would go straight to the main queue, because it was evicted lately. */
  ghostKnows(key: Uint8Array): boolean {
    const machine = this.#open();
    return Boolean(machine.calls.inspect_ghost_knows(this.#writeKey(machine, key)));
  }

  #writeKey(machine: Machine, key: Uint8Array): number {
    if (!isBytes(key)) throw wrong('key', 'a Uint8Array', 'BAD_KEY');
    const bytes = plainBytesOf(key);
    if (bytes.length === 0 || bytes.length > MAX_KEY_BYTES) throw wrong('key', KEY_LENGTH, 'BAD_KEY');
    machine.bytes.set(bytes, machine.scratch);
    return bytes.length;
  }

  /**
   * One step of eviction, whether room is needed or not: a segment is chosen as if it were, and emptied. Undefined:
   * there is none that could be.
   */
  stepEviction(): EvictionStep | undefined {
    return stepEviction(this.#open());
  }

  /** What happened since the last call; of a lot, what happened last. */
  takeEvents(): StoreEvent[] {
    const events = this.#events.slice(-MOST_EVENTS);
    this.#events = [];
    return events;
  }

  #evicted(key: Uint8Array): void {
    this.#events.push({ kind: 'evicted', key });
    if (this.#events.length >= 2 * MOST_EVENTS) this.#events = this.#events.slice(-MOST_EVENTS);
  }
}
