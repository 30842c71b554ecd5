// The cache in process: Store's typed methods are the commands of the meta protocol, without a protocol.

import { checkOptions, checkType, checkValue, isBytes, within, wrong } from '../base/arguments.js';
import { bytesOf, textOf } from '../base/bytes.js';
import { DEFAULT_BYTES, MAX_ITEM_BYTES } from '../base/limits.js';
import { plainBytesOf } from '../base/plain-bytes.js';
import { concat, latin1, SPACE } from '../base/text.js';
import type {
  CasResult,
  Connection,
  CounterOptions,
  EvictEvent,
  GetOrSetOptions,
  Item,
  ItemOptions,
  Key,
  Loader,
  SetOptions,
  Stats,
  StoreOptions,
  Value,
} from '../base/types.js';
import { IsocacheError } from '../base/types.js';
import { EngineConnection } from '../engine/connection.js';
import { Engine, MD, MG, MS, PLAIN_MA, PLAIN_MD, PLAIN_MG, stillOpen, unshared } from '../engine/engine.js';
import { GetOrSet } from '../loads/get-or-set.js';
import { type Exptime, engineExptime, engineSeconds } from '../protocol/exptime.js';
import {
  casFlag,
  countFlags,
  giveUpFlags,
  itemFlags,
  staleFlags,
  storeFlags,
  touchFlags,
} from '../protocol/method-flags.js';
import { asksToLoad, readItem, seenPlainly } from '../protocol/item.js';
import { codeAt, splitReply, stray, unexpected } from '../protocol/reply.js';
import { addStat, type NamedStats, summarize } from '../protocol/stats.js';
import { EX, HD, VA } from '../protocol/tables.js';
import { CODE_BYTES } from '../protocol/vocabulary.js';
import { bulkDelete, bulkGet, bulkSet, listKeys } from './bulk.js';
import { Evictions } from './evictions.js';
import { DEFAULT_ITEM_BYTES, MAX_BYTES, MIN_BYTES, MIN_ITEM_BYTES } from './limits.js';
import { randomSeed } from './seed.js';
import { restore, snapshot } from './snapshot.js';
import type { StoreTier } from './tier.js';

/** Makes a store in a module that is compiled already. */
export function openSync(module: WebAssembly.Module, options: Omit<StoreOptions, 'wasm' | 'tier'> = {}): Store {
  return new Store(module, options);
}

export class Store implements Disposable {
  #engine: Engine | undefined;
  readonly #now: () => number;
  readonly #nowS: () => number;
  readonly #exptime: Exptime;
  readonly #evictions: Evictions;
  readonly #loads: GetOrSet;
  readonly #tier: StoreTier | undefined;

  /** `tier` is for the package itself: open() takes it as an option. */
  constructor(module: WebAssembly.Module, options: Omit<StoreOptions, 'wasm' | 'tier'> = {}, tier?: StoreTier) {
    checkOptions(options);
    if (!tier && 'tier' in options) throw wrong('tier', "for open(), or 'isocache/tier'");
    checkType('now', options.now, 'function');
    checkType('onEvict', options.onEvict, 'function');
    checkType('onError', options.onError, 'function');
    checkType('hashSeed', options.hashSeed, 'bigint');
    const maxBytes = within('maxBytes', options.maxBytes ?? DEFAULT_BYTES, MIN_BYTES, MAX_BYTES);
    const most = Math.min(maxBytes / 2, MAX_ITEM_BYTES);
    const asked = options.maxItemSize ?? Math.min(most, DEFAULT_ITEM_BYTES);
    const now = options.now ?? (() => Date.now()); // as it is then: tests replace it
    this.#now = now;
    this.#nowS = () => engineSeconds(now());
    this.#exptime = engineExptime(now);
    this.#evictions = new Evictions(options);
    this.#loads = new GetOrSet({
      take: (key, asked) => this.getItem(key, asked),
      fill: (key, value, cas, set) => this.cas(key, value, cas, set),
      giveUp: (key, cas, how) => this.#done(MD, key, giveUpFlags(cas, how)),
      now,
      onError: (error) => this.#evictions.report(error),
    });
    this.#tier = tier;
    tier?.attach(this.#evictions, (left) => {
      const engine = this.#engine;
      this.#engine = left;
      return engine;
    });
    const engineOptions = {
      maxBytes,
      maxItemSize: within('maxItemSize', asked, MIN_ITEM_BYTES, most),
      hashSeed: options.hashSeed ?? randomSeed(),
      nowS: this.#nowS(),
      onEvict:
        options.onEvict &&
        ((event: EvictEvent) => {
          this.#evictions.add(event);
          tier?.evicted();
        }),
    };
    this.#engine = new Engine(module, engineOptions, tier);
  }

  #open(): Engine {
    return stillOpen(this.#engine);
  }

  // --- the protocol -------------------------------------------------------------------------------

  /** One or more whole requests of the text or meta protocol; gives their replies. */
  execute(request: string | Uint8Array): Uint8Array {
    checkValue('request', request);
    const connection = this.#connect();
    const replies = [connection.feed(request)];
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
    return new EngineConnection(
      () => this.#engine,
      this.#nowS,
      (replies) => this.#tell(replies),
    );
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

  /**
   * A view of the value in wasm memory, not to be written, valid until the next call. Only a value in pieces is
   * copied.
   */
  view(key: Key): Uint8Array | undefined {
    const engine = this.#open();
    const length = engine.calls.get(engine.writeKey(key), this.#nowS());
    return length < 0 ? undefined : engine.resultView(length);
  }

  getItem(key: Key, options: ItemOptions = {}): Item | undefined {
    const flags = itemFlags(options, this.#exptime);
    const asks = asksToLoad(options);
    const phaseMs = this.#now() % 1000;
    const reply = this.#command(asks ? MG : PLAIN_MG, key, flags);
    if (this.#code() !== VA) return this.#tell(undefined);
    const { line, value } = splitReply(this.#open().resultView(reply));
    const item = readItem(line, value.slice(), options, phaseMs);
    return this.#tell(asks ? item : seenPlainly(item));
  }

  has(key: Key): boolean {
    return this.#done(PLAIN_MG, key, ' u');
  }

  /** Values in the order of the keys. */
  getMany(keys: Iterable<Key>): (string | undefined)[] {
    return bulkGet(this.#open(), keys, this.#nowS());
  }

  // --- writing ------------------------------------------------------------------------------------

  set(key: Key, value: Value, options?: SetOptions): void {
    if (!this.#putIf(key, value, options, '')) throw stray('not stored');
  }

  /** Stores only if there is no such key. */
  add(key: Key, value: Value, options?: SetOptions): boolean {
    return this.#putIf(key, value, options, ' ME');
  }
  /** Stores only if there is such a key. */
  replace(key: Key, value: Value, options?: SetOptions): boolean {
    return this.#putIf(key, value, options, ' MR');
  }
  append(key: Key, value: Value): boolean {
    return this.#putIf(key, value, undefined, ' MA');
  }
  prepend(key: Key, value: Value): boolean {
    return this.#putIf(key, value, undefined, ' MP');
  }

  /** Stores only if nobody has stored since getItem() gave this `cas`. */
  cas(key: Key, value: Value, cas: bigint, options?: SetOptions): CasResult {
    this.#put(key, value, options, casFlag(cas));
    const code = this.#code();
    return this.#tell(code === HD ? 'stored' : code === EX ? 'exists' : 'notFound');
  }

  /** Adds to a decimal number, which wraps at 2^64. Gives the new number, or undefined if there is no such key. */
  incr(key: Key, delta: bigint | number = 1n, options?: CounterOptions): bigint | undefined {
    return this.#count('I', key, delta, options);
  }

  /** Takes from a decimal number, which stops at 0. Gives the new number, or undefined if there is no such key. */
  decr(key: Key, delta: bigint | number = 1n, options?: CounterOptions): bigint | undefined {
    return this.#count('D', key, delta, options);
  }

  /** Gives a new TTL. */
  touch(key: Key, ttl: number): boolean {
    return this.#done(PLAIN_MG, key, touchFlags(ttl, this.#exptime));
  }

  delete(key: Key): boolean {
    return this.#done(PLAIN_MD, key, '');
  }

  /** Keeps the value, but has one reader load it anew; `ttl` limits how long it may still be read. */
  markStale(key: Key, options: { ttl?: number | undefined } = {}): boolean {
    return this.#done(PLAIN_MD, key, staleFlags(options, this.#exptime));
  }

  /** Stores all values that can be stored, then throws the error of the first one that cannot. */
  setMany(entries: Iterable<readonly [Key, Value]>, options?: SetOptions): void {
    bulkSet(this.#open(), entries, storeFlags(options, this.#exptime), this.#nowS(), (key, value) =>
      this.set(key, value, options),
    );
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
    return textOf(await this.#loads.run(key, load, options));
  }

  async getOrSetBytes(key: Key, load: Loader, options?: GetOrSetOptions): Promise<Uint8Array> {
    return bytesOf(await this.#loads.run(key, load, options));
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

  /** The number of items. Expired ones count until something meets them. */
  get size(): number {
    let size = this.#open().calls.size();
    for (const { key, cas } of this.#loads.leases()) {
      const reply = this.#command(MG, key, ' u c');
      if (this.#open().resultText(reply).startsWith(`HD c${cas} `)) --size;
    }
    return size;
  }

  /** How much of `maxBytes` items and index take. */
  get bytes(): number {
    return this.#open().calls.bytes();
  }

  stats(): Stats {
    const all: NamedStats = new Map();
    for (const line of latin1(this.execute('stats\r\n')).split('\r\n')) addStat(all, line);
    return { ...summarize(all), items: this.size, bytes: this.bytes };
  }

  /**
   * All items, with flags, cas ids, expiry, staleness and what eviction knows of them, as bytes for restore().
   * The oldest come first.
   */
  snapshot(): Uint8Array {
    return snapshot(this.#open(), this.#nowS());
  }

  /**
   * Adds the items of a snapshot, and replaces items with the same keys. Gives how many of its items are held in the
   * end: items that have expired meanwhile, or that have no room, are not. If the bytes are damaged or no snapshot,
   * throws BAD_SNAPSHOT and does nothing.
   */
  restore(bytes: Uint8Array): number {
    if (!isBytes(bytes)) throw wrong('bytes', 'a Uint8Array');
    return this.#tell(restore(this.#open(), plainBytesOf(bytes), this.#nowS()));
  }

  /** Gives the memory back. Every further call throws CLOSED, but getOrSet() goes on loading. */
  close(): void {
    this.#engine = undefined;
    this.#tier?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // --- inside -------------------------------------------------------------------------------------

  /** Executes a meta command, and gives the reply's length. */
  #command(letter: number, key: Key, flags: string): number {
    const engine = this.#open();
    const keyLength = engine.writeKey(key);
    const flagsLength = engine.writeValue(flags, engine.scratch + keyLength);
    return engine.calls.command(letter, keyLength, flagsLength, 0, this.#nowS());
  }

  /** Executes a meta command that answers no value. Whether it did what was asked. */
  #done(letter: number, key: Key, flags: string): boolean {
    this.#command(letter, key, flags);
    return this.#code() === HD;
  }

  #put(key: Key, value: Value, options: SetOptions | undefined, mode: string): void {
    // User code is read before the scratch area is used, since it may call the store, too.
    const flags = storeFlags(options, this.#exptime) + mode;
    checkValue('value', value);
    const engine = this.#open();
    const keyLength = engine.writeKey(key);
    const at = engine.scratch + keyLength;
    const flagsLength = flags === '' ? 0 : engine.writeValue(flags, at);
    const valueLength = engine.writeValue(value, at + flagsLength);
    if (valueLength < 0) {
      engine.putLarge(keyLength, flagsLength, value, this.#nowS());
    } else {
      engine.calls.command(MS, keyLength, flagsLength, valueLength, this.#nowS());
    }
  }

  #putIf(key: Key, value: Value, options: SetOptions | undefined, mode: string): boolean {
    this.#put(key, value, options, mode);
    return this.#tell(this.#code() === HD);
  }

  #count(mode: 'I' | 'D', key: Key, delta: bigint | number, options: CounterOptions | undefined): bigint | undefined {
    const reply = this.#command(PLAIN_MA, key, countFlags(mode, delta, options, this.#exptime));
    if (this.#code() !== VA) return this.#tell(undefined);
    const text = this.#open().resultText(reply);
    const digits = text.split('\n')[1]!.trimEnd();
    const number = BigInt(digits);
    const change = BigInt(delta);
    // It stopped at 0, began anew after 2^64, or was longer.
    if (number <= change || `${number + change}`.length > digits.length) this.#shorten(key, digits);
    return this.#tell(number);
  }

  /** Removes the spaces that the engine, as memcached, puts after a number that is shorter than the one before. */
  #shorten(key: Key, number: string): void {
    const item = this.getItem(key, { peek: true });
    if (item && item.size > number.length && !item.stale && !(item.ttl! <= 0)) this.cas(key, number, item.cas, item);
  }

  /** The last reply's code; throws if it is an error. */
  #code(): number {
    const engine = this.#open();
    const { bytes, resultAddress: at } = engine;
    // A space or the line's end follows a code. In an error, a letter does.
    if (bytes[at + CODE_BYTES]! <= SPACE) return codeAt(bytes, at);
    const line = latin1(engine.resultView(engine.resultLength)).trimEnd();
    this.#tell(undefined);
    throw unexpected(line);
  }

  #tell<T>(result: T): T {
    this.#evictions.tell();
    return result;
  }
}
