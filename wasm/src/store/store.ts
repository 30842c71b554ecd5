// The cache in process: Store's typed methods are the commands of the meta protocol, without a protocol.

import {
  checkDuration,
  checkOptions,
  checkType,
  checkValue,
  clientFlags,
  isBytes,
  unsigned,
  within,
  wrong,
} from '../base/arguments.js';
import { bytesOf } from '../base/bytes.js';
import { bulkDelete, bulkGet, bulkSet, listKeys } from './bulk.js';
import { EngineConnection } from '../engine/connection.js';
import { Engine, stillOpen, unshared } from '../engine/engine.js';
import { GetOrSet } from '../loads/get-or-set.js';
import { asksToLoad, itemOf, parseStats, statsOf } from '../protocol/item.js';
import { replyError } from '../protocol/meta.js';
import { restore, snapshot } from './snapshot.js';
import { concat, decodeText, encodeText } from '../base/text.js';
import {
  type CasResult,
  type Connection,
  type CounterOptions,
  type EvictEvent,
  type GetOrSetOptions,
  IsocacheError,
  type Item,
  type ItemOptions,
  type Key,
  type Loader,
  type SetOptions,
  type Stats,
  type StoreOptions,
  type Value,
} from '../base/types.js';

const MIB = 1 << 20;
const MIN_BYTES = MIB;
// What a module can address, less what it needs itself.
const MAX_BYTES = (4096 - 64) * MIB;
const MIN_ITEM_BYTES = 1 << 10;
const MAX_ITEM_BYTES = 1 << 30;
const MAX_RELATIVE_S = 60 * 60 * 24 * 30;
const MAX_DATE_S = 0xffffffff; // in 2106: the engine's dates have 32 bits, and time stands still then

/** The first two bytes of a reply. */
const enum Code {
  done = 0x4844,
  value = 0x5641,
  notStored = 0x4e53,
  exists = 0x4558,
  notFound = 0x4e46,
  miss = 0x454e,
}
/** The second letter of a meta command; a capital one for callers who take no part in loading, see exports.cc. */
const enum Command {
  get = 0x67,
  set = 0x73,
  delete = 0x64,
  plainGet = 0x47,
  plainDelete = 0x44,
  arithmetic = 0x41,
}

/** Makes a store in a module that is compiled already. */
export function openSync(module: WebAssembly.Module, options: Omit<StoreOptions, 'wasm'> = {}): Store {
  return new Store(module, options);
}

export class Store implements Disposable {
  #engine: Engine | undefined;
  readonly #now: () => number;
  readonly #nowS = () => Math.min(this.#now() / 1000, MAX_DATE_S) >>> 0;
  readonly #onEvict: StoreOptions['onEvict'];
  readonly #onError: StoreOptions['onError'];
  #evicted: EvictEvent[] = [];
  readonly #loads = new GetOrSet({
    take: (key, options) => this.getItem(key, options),
    fill: (key, value, cas, options) => this.#putCas(key, value, `C${cas}`, options),
    giveUp: (key, cas, how) => this.#command(Command.delete, key, how === 'remove' ? `C${cas}` : `C${cas} I`),
    now: () => this.#now(),
    onError: (error) => this.#callSafely(this.#onError, error),
  });

  constructor(module: WebAssembly.Module, options: Omit<StoreOptions, 'wasm'> = {}) {
    checkOptions(options);
    checkType('now', options.now, 'function');
    checkType('onEvict', options.onEvict, 'function');
    checkType('onError', options.onError, 'function');
    checkType('hashSeed', options.hashSeed, 'bigint');
    const maxBytes = within('maxBytes', options.maxBytes ?? 64 * MIB, MIN_BYTES, MAX_BYTES);
    const asked = within('maxItemSize', options.maxItemSize ?? MIB, MIN_ITEM_BYTES, MAX_ITEM_BYTES);
    this.#now = options.now ?? (() => Date.now()); // as it is then: tests replace it
    this.#onEvict = options.onEvict;
    this.#onError = options.onError;
    this.#engine = new Engine(module, {
      maxBytes,
      maxItemSize: Math.min(asked, maxBytes / 2),
      hashSeed: options.hashSeed ?? randomSeed(),
      nowS: this.#nowS(),
      onEvict: options.onEvict && ((event) => this.#evicted.push(event)),
    });
  }

  #open(): Engine {
    return stillOpen(this.#engine);
  }

  // --- the protocol -------------------------------------------------------------------------------

  /** One or more whole requests of the text or meta protocol; gives their replies. */
  execute(request: string | Uint8Array): Uint8Array {
    const bytes = bytesOf(request, 'request');
    const connection = this.#connect();
    const replies = [connection.feed(bytes)];
    while (connection.pending) replies.push(connection.feed());
    const { unfinished } = connection;
    connection.close();
    if (unfinished) throw new IsocacheError('CLIENT_ERROR', 'the request is not whole');
    return unshared(concat(replies));
  }

  /** A connection of its own to this store, without a network. */
  connect(): Connection {
    return this.#connect();
  }

  #connect(): EngineConnection {
    return new EngineConnection(() => this.#engine, this.#nowS, this.#tell);
  }

  // --- reading ------------------------------------------------------------------------------------

  get(key: Key): string | undefined {
    const engine = this.#open();
    const length = engine.calls.get(engine.writeKey(key), this.#nowS());
    return length < 0 ? undefined : engine.resultText(length);
  }

  getBytes(key: Key): Uint8Array | undefined {
    const engine = this.#open();
    const length = engine.calls.get(engine.writeKey(key), this.#nowS());
    return length < 0 ? undefined : engine.resultCopy(length);
  }

  /** The value where it lies, uncopied (but one that lies in pieces): good until the next call, not to be written. */
  view(key: Key): Uint8Array | undefined {
    const engine = this.#open();
    const length = engine.calls.get(engine.writeKey(key), this.#nowS());
    return length < 0 ? undefined : engine.resultView(length);
  }

  getItem(key: Key, options: ItemOptions = {}): Item | undefined {
    checkOptions(options);
    const { lease, refreshBelow, touch, peek, win } = options;
    checkType('peek', peek, 'boolean');
    checkType('win', win, 'boolean');
    const asks = asksToLoad(options);
    let flags = 'v c f s l h';
    if (lease !== undefined) flags += ` N${this.#exptime(lease, 'lease')}`;
    flags += ' t';
    if (refreshBelow !== undefined) flags += ` R${this.#exptime(refreshBelow, 'refreshBelow')}`;
    if (touch !== undefined) flags += ` T${this.#exptime(touch, 'touch')}`;
    if (peek) flags += ' u';
    const now = this.#now();
    const reply = this.#command(asks ? Command.get : Command.plainGet, key, flags);
    if (this.#code() !== Code.value) return this.#tell(undefined);
    return this.#tell(itemOf(this.#open().resultView(reply), now, asks));
  }

  has(key: Key): boolean {
    this.#command(Command.plainGet, key, 'u');
    return this.#code() === Code.done;
  }

  /** Values in the order of the keys. */
  getMany(keys: Iterable<Key>): (string | undefined)[] {
    return bulkGet(this.#open(), keys, this.#nowS());
  }

  // --- writing ------------------------------------------------------------------------------------

  set(key: Key, value: Value, options?: SetOptions): void {
    this.#put(key, value, options, '');
    this.#expect(Code.done);
  }

  /** Stores only if there is no such key. */
  add(key: Key, value: Value, options?: SetOptions): boolean {
    return this.#putIf(key, value, options, 'ME');
  }
  /** Stores only if there is such a key. */
  replace(key: Key, value: Value, options?: SetOptions): boolean {
    return this.#putIf(key, value, options, 'MR');
  }
  append(key: Key, value: Value): boolean {
    return this.#putIf(key, value, undefined, 'MA');
  }
  prepend(key: Key, value: Value): boolean {
    return this.#putIf(key, value, undefined, 'MP');
  }

  /** Stores only if nobody has since getItem() gave this `cas`. */
  cas(key: Key, value: Value, cas: bigint, options?: SetOptions): CasResult {
    return this.#putCas(key, value, `C${unsigned('cas', cas)}`, options);
  }

  /** Adds to a decimal number; it wraps at 2^64. Undefined: there is no such key. */
  incr(key: Key, delta: bigint | number = 1n, options?: CounterOptions): bigint | undefined {
    return this.#count(key, delta, options, 'v');
  }

  /** Takes from a decimal number; it stops at 0. Undefined: there is no such key. */
  decr(key: Key, delta: bigint | number = 1n, options?: CounterOptions): bigint | undefined {
    return this.#count(key, delta, options, 'v MD');
  }

  /** Gives a new TTL. */
  touch(key: Key, ttl: number): boolean {
    this.#command(Command.plainGet, key, `T${this.#exptime(ttl)}`);
    return this.#code() === Code.done;
  }

  delete(key: Key): boolean {
    this.#command(Command.plainDelete, key, '');
    return this.#code() === Code.done;
  }

  /** Keeps the value, but as one that is to be loaded anew; perhaps not for long. */
  markStale(key: Key, options: { ttl?: number | undefined } = {}): boolean {
    checkOptions(options);
    const { ttl } = options;
    this.#command(Command.plainDelete, key, ttl === undefined ? 'I' : `I T${this.#exptime(ttl)}`);
    return this.#code() === Code.done;
  }

  /** Stores all that can be, then throws what kept the first one that could not. */
  setMany(entries: Iterable<readonly [Key, Value]>, options?: SetOptions): void {
    bulkSet(this.#open(), entries, this.#flags(options), this.#nowS(), (key, value) => this.set(key, value, options));
    this.#tell(undefined);
  }

  /** How many there were. */
  deleteMany(keys: Iterable<Key>): number {
    return bulkDelete(this.#open(), keys, this.#nowS());
  }

  /**
   * The value, which `load` makes if there is none. One loader runs at a time, over all users of the store; the
   * others wait, or get the old value if there is one. Rejects when the loader fails and nothing else is there.
   */
  async getOrSet(key: Key, load: Loader, options?: GetOrSetOptions): Promise<string> {
    const value = await this.#loads.run(key, load, options);
    return typeof value === 'string' ? value : decodeText(value);
  }

  async getOrSetBytes(key: Key, load: Loader, options?: GetOrSetOptions): Promise<Uint8Array> {
    const value = await this.#loads.run(key, load, options);
    return typeof value === 'string' ? encodeText(value) : value;
  }

  // --- the whole cache ----------------------------------------------------------------------------

  /** Forgets everything, at once. */
  clear(): void {
    this.#open().calls.clear(this.#nowS());
  }

  /** All keys as of this call, in no order. */
  keys(): IterableIterator<string> {
    return listKeys(this.#open(), this.#nowS());
  }

  /** Items held. Expired ones count until they are met. */
  get size(): number {
    let size = this.#open().calls.size();
    for (const { key, cas } of this.#loads.leases()) {
      const reply = this.#command(Command.get, key, 'u c');
      if (this.#open().resultText(reply).startsWith(`HD c${cas} `)) --size;
    }
    return size;
  }

  /** What items and index take of `maxBytes`. */
  get bytes(): number {
    return this.#open().calls.bytes();
  }

  stats(): Stats {
    return statsOf(parseStats(this.execute('stats\r\n')), this.size, this.bytes);
  }

  /**
   * All items, with flags, cas ids, expiry, staleness and what eviction knows of them, as bytes for restore().
   * The oldest come first.
   */
  snapshot(): Uint8Array {
    return snapshot(this.#open(), this.#nowS());
  }

  /**
   * Adds what snapshot() gave, here or elsewhere, and replaces what has the same key. How many of its items are
   * held in the end: not those that have expired meanwhile, nor those there is no room for. Throws BAD_SNAPSHOT,
   * and does nothing, when the bytes are damaged or no snapshot.
   */
  restore(bytes: Uint8Array): number {
    if (!isBytes(bytes)) throw wrong('bytes', 'a Uint8Array');
    return this.#tell(restore(this.#open(), bytes, this.#nowS()));
  }

  /** Gives the memory back. Every further call throws CLOSED, but getOrSet() goes on loading. */
  close(): void {
    this.#engine = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // --- inside -------------------------------------------------------------------------------------

  /** Executes a meta command; the reply's length. */
  #command(command: Command, key: Key, flags: string): number {
    const engine = this.#open();
    const keyLength = engine.writeKey(key);
    const flagsLength = engine.writeValue(flags, engine.scratch + keyLength);
    return engine.calls.command(command, keyLength, flagsLength, 0, this.#nowS());
  }

  #put(key: Key, value: Value, options: SetOptions | undefined, mode: string): void {
    // What callers made is read before the scratch area is used: it may call the store, too.
    let flags = this.#flags(options);
    checkValue('value', value);
    const engine = this.#open();
    const keyLength = engine.writeKey(key);
    const at = engine.scratch + keyLength;
    if (mode !== '') flags = flags === '' ? mode : `${flags} ${mode}`;
    const flagsLength = flags === '' ? 0 : engine.writeValue(flags, at);
    const valueLength = engine.writeValue(value, at + flagsLength);
    if (valueLength < 0) {
      engine.putLarge(keyLength, flagsLength, value, this.#nowS());
    } else {
      engine.calls.command(Command.set, keyLength, flagsLength, valueLength, this.#nowS());
    }
  }

  #putIf(key: Key, value: Value, options: SetOptions | undefined, mode: string): boolean {
    this.#put(key, value, options, mode);
    const code = this.#code();
    return this.#tell(code === Code.done);
  }

  #putCas(key: Key, value: Value, cas: string, options: SetOptions | undefined): CasResult {
    this.#put(key, value, options, cas);
    const code = this.#code();
    return this.#tell(code === Code.done ? 'stored' : code === Code.exists ? 'exists' : 'notFound');
  }

  #count(key: Key, delta: bigint | number, options: CounterOptions | undefined, flags: string): bigint | undefined {
    checkOptions(options);
    const change = unsigned('delta', delta);
    flags += ` D${change}`;
    if (options?.initial !== undefined) {
      flags += ` J${unsigned('initial', options.initial)} N${options.ttl === undefined ? 0 : this.#exptime(options.ttl)}`;
    }
    const reply = this.#command(Command.arithmetic, key, flags);
    if (this.#code() !== Code.value) return this.#tell(undefined);
    const text = this.#open().resultText(reply);
    const number = BigInt(text.slice(text.indexOf('\n') + 1, -2));
    // It stopped at 0, began anew after 2^64, or was longer.
    if (number <= change || `${number + change}`.length > `${number}`.length) this.#shorten(key, `${number}`);
    return this.#tell(number);
  }

  /** The engine, as memcached, puts spaces after a number that is shorter than the one before. */
  #shorten(key: Key, number: string): void {
    const item = this.getItem(key, { peek: true });
    if (item && item.size > number.length && !item.stale && !(item.ttl! <= 0))
      this.#putCas(key, number, `C${item.cas}`, item);
  }

  /** The last reply's code; throws if it is an error. */
  #code(): Code {
    const { bytes, resultAddress: at } = this.#open();
    const code = (bytes[at]! << 8) | bytes[at + 1]!;
    if (
      code === Code.done ||
      code === Code.value ||
      code === Code.miss ||
      code === Code.notFound ||
      code === Code.notStored ||
      code === Code.exists
    )
      return code;
    const line = this.#open().resultText(this.#open().resultLength).trimEnd();
    this.#tell(undefined);
    throw replyError(line) ?? new IsocacheError('PROTOCOL', line);
  }

  #expect(expected: Code): void {
    if (this.#code() !== expected) throw new IsocacheError('PROTOCOL', 'an unexpected reply');
    this.#tell(undefined);
  }

  /** Tells of evictions, now that the engine is done. What they lead to, in turn, is told by the outer call. */
  readonly #tell = <T>(result: T): T => {
    if (this.#evicted.length === 0 || this.#telling) return result;
    this.#telling = true;
    try {
      for (let event = this.#evicted.shift(); event !== undefined; event = this.#evicted.shift()) {
        this.#callSafely(this.#onEvict, event);
      }
    } finally {
      this.#telling = false;
    }
    return result;
  };
  #telling = false;

  /** What it throws, or rejects with, is no fault of the call that leads to it. */
  #callSafely<T>(callback: ((argument: T) => unknown) | undefined, argument: T): void {
    const failed = (error: unknown) => {
      if (callback !== (this.#onError as unknown)) this.#callSafely(this.#onError, error);
    };
    try {
      const result = callback?.(argument);
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #flags(options: SetOptions | undefined): string {
    if (options === undefined) return '';
    checkOptions(options);
    const { ttl, flags } = options;
    const parts = [];
    if (ttl !== undefined) parts.push(`T${this.#exptime(ttl)}`);
    if (flags !== undefined) parts.push(`F${clientFlags(flags)}`);
    return parts.join(' ');
  }

  /** A TTL as the engine reads it. It counts from now to the millisecond, and is then rounded up. */
  #exptime(ttl: number, name = 'ttl'): number {
    checkDuration(name, ttl);
    const date = Math.min(Math.ceil((this.#now() + ttl) / 1000), MAX_DATE_S);
    return date > MAX_RELATIVE_S ? date : date - this.#nowS();
  }
}

/**
 * 128 bits that nobody outside can know. Not from `crypto`: to load that costs Node 2.5 ms, which is half of what
 * opening a store may take. Math.random() has its own seed from the system; whoever sees much of its output can compute
 * the rest, so give `hashSeed` from `crypto` where a program shows such numbers to those whose keys it stores.
 */
function randomSeed(): bigint {
  let seed = BigInt(Math.floor(performance.now() * 1e6));
  for (let i = 0; i < 16; ++i)
    seed = BigInt.asUintN(128, (seed << 9n) ^ (seed >> 119n) ^ BigInt(Math.floor(Math.random() * 2 ** 32)));
  return seed;
}
