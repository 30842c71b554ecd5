// A whole store that can be looked into, copied, and put back to where it was. Nothing in it is left to chance: the
// hash has a fixed key, and time passes when it is told to.

import { checkNumber, isBytes, within, wrong } from '../base/arguments.js';
import { plainBytesOf } from '../base/plain-bytes.js';
import { concat, NO_BYTES } from '../base/text.js';
import { IsocacheError } from '../base/types.js';
import type { Image, Machine } from './machine.js';
import type { Pool } from './pool.js';
import type { SavedState, Session, StoreEvent } from './types.js';

// What abi's sent() tells of a session: the sum of those that are true.
const CLOSING = 1;
const WANTS_TURN = 2;

// The engine's dates have 32 bits.
const MAX_NOW_MS = 0xffffffff * 1000;
// Events are for who looks at them soon. The oldest are forgotten.
const MOST_EVENTS = 4096;

/** What an inspector knows besides its instance. */
interface Known {
  readonly maxBytes: number;
  nowMs: number;
  lastId: number;
  /** Sessions by their id: the core's address; 0: it is closing. */
  readonly sessions: Map<number, number>;
}

const copyOf = (known: Known): Known => ({ ...known, sessions: new Map(known.sessions) });

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

  /** For openInspector(). */
  constructor(pool: Pool, machine: Machine, known: Known) {
    this.#pool = pool;
    this.#machine = machine;
    this.#known = known;
    machine.onEvict = (key) => this.#evicted(key);
  }

  #open(): Machine {
    if (this.#machine === undefined) throw new IsocacheError('CLOSED', 'the inspector was released');
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
    checkNumber('now', nowMs);
    within('now', nowMs, this.#known.nowMs, MAX_NOW_MS);
    this.#known.nowMs = nowMs;
    machine.calls.advance(secondsOf(nowMs));
  }

  // --- connections --------------------------------------------------------------------------------

  connect(): Session {
    const address = this.#open().calls.connect();
    if (address === 0) throw new IsocacheError('NO_MEMORY', 'no memory for a connection');
    const id = ++this.#known.lastId;
    this.#known.sessions.set(id, address);
    return this.session(id);
  }

  /** The connection that had this id when this inspector was forked, or its state was saved. */
  session(id: number): Session {
    this.#open();
    if (!this.#known.sessions.has(id)) throw wrong('id', 'that of a connection that is not closed');
    const inspector = this;
    return {
      id,
      feed: (bytes) => inspector.#feed(id, bytes),
      get closing() {
        return !inspector.#known.sessions.get(id);
      },
      close: () => inspector.#close(id),
    };
  }

  #feed(id: number, given: Uint8Array): Uint8Array {
    const machine = this.#open();
    if (!isBytes(given)) throw wrong('bytes', 'a Uint8Array');
    const bytes = plainBytesOf(given);
    const replies: Uint8Array[] = [];
    for (let from = 0; from < bytes.length; from += machine.scratchBytes) {
      const some = bytes.subarray(from, from + machine.scratchBytes);
      machine.bytes.set(some, machine.scratch);
      let state = this.#turn(id, some.length, replies);
      while ((state & WANTS_TURN) !== 0) state = this.#turn(id, 0, replies);
    }
    return replies.length === 0 ? NO_BYTES : concat(replies);
  }

  /** Executes what `length` bytes in the scratch area complete; 0: what is left of what came before. */
  #turn(id: number, length: number, replies: Uint8Array[]): number {
    const address = this.#known.sessions.get(id);
    if (!address) return CLOSING;
    const machine = this.#open();
    const size = machine.calls.feed(address, length, secondsOf(this.#known.nowMs));
    if (size < 0) {
      this.#disconnect(id, address);
      throw new IsocacheError('NO_MEMORY', 'no memory for a connection');
    }
    if (size > 0) replies.push(machine.reply(size));
    const state = machine.calls.sent(address);
    if ((state & CLOSING) === 0) return state;
    this.#disconnect(id, address);
    return CLOSING;
  }

  #disconnect(id: number, address: number): void {
    this.#open().calls.disconnect(address);
    this.#known.sessions.set(id, 0);
  }

  #close(id: number): void {
    const address = this.#known.sessions.get(id);
    if (address) this.#disconnect(id, address);
    this.#known.sessions.delete(id);
  }

  // --- copies -------------------------------------------------------------------------------------

  /** An independent copy of store and connections. Events are not copied. Give it back by release(). */
  fork(): Inspector {
    const from = this.#open();
    const machine = this.#pool.take();
    machine.copyFrom(from);
    return new Inspector(this.#pool, machine, copyOf(this.#known));
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

  /** Goes back to what save() gave, here or in another inspector of the same module. */
  restore(saved: SavedState): void {
    const machine = this.#open();
    if (!(saved instanceof Saved) || saved.module !== this.#pool.module) {
      throw wrong('saved', 'what save() gave, with the same module');
    }
    machine.restore(saved.image);
    this.#known = copyOf(saved.known);
    this.#events = [];
  }

  // --- the store ----------------------------------------------------------------------------------

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

export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}
