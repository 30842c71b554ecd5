// What Store (in process) and Client (over a transport) have in common. Times are milliseconds.
//
// The engine counts whole seconds, as memcached does. A TTL is rounded up, so that a value lives at
// least as long as asked, and less than a second longer. No TTL: it never expires by itself.
/// <reference lib="esnext.disposable" preserve="true" />

/** 1 to 250 bytes; a string counts as its UTF-8, and must not have half a surrogate pair, which UTF-8 cannot say. */
export type Key = string | Uint8Array;

/** Values are bytes; a string is stored as its UTF-8, with U+FFFD for half a surrogate pair. */
export type Value = string | Uint8Array;

export interface SetOptions {
  /** How long it lives, more than 0; Infinity is the longest that can be said. Never expires if left out. */
  ttl?: number | undefined;
  /** A number of 32 bits that is kept with the value and means nothing to the cache. 0 if left out. */
  flags?: number | undefined;
}

export interface CounterOptions {
  /** Creates the counter with this value if there is none. */
  initial?: bigint | undefined;
  /** Of a counter that this call creates. */
  ttl?: number | undefined;
}

export interface ItemOptions {
  /** Gives the item a new TTL as well. */
  touch?: number | undefined;
  /** Leaves no trace: neither `hit` nor `idle` change, and eviction does not count it as a read. */
  peek?: boolean | undefined;
  /**
   * On a miss, makes an empty item that lives this long, and gives it with `won`: the caller is to fill it by cas().
   * Until then other callers see it with `lost`. A new TTL by `touch` does not count for it.
   */
  lease?: number | undefined;
  /** One reader gets `won` when the item has less than this left to live. */
  refreshBelow?: number | undefined;
  /**
   * One reader of a stale item gets `won`. Readers that ask for none of the last three options are never chosen, and
   * an item that is being loaded for the first time is a miss to them.
   */
  win?: boolean | undefined;
}

/** An item with what the cache knows about it, as it was before this read. */
export interface Item {
  value: Uint8Array;
  /** The value as a string. */
  text(): string;
  /** Changes with each write; see cas(). */
  cas: bigint;
  flags: number;
  /** What is left to live; undefined: it never expires. */
  ttl: number | undefined;
  /** Bytes of the value. */
  size: number;
  /** Time since the last access. */
  idle: number;
  /** It was read before. */
  hit: boolean;
  /** markStale() was called on it, and nobody has stored a newer value since. */
  stale: boolean;
  /** This reader asked for it, and was chosen to store a newer value. */
  won: boolean;
  /** Another reader was. */
  lost: boolean;
}

export type CasResult = 'stored' | 'exists' | 'notFound';

export interface LoadContext {
  /** Aborted when nobody waits for the result any longer. */
  signal: AbortSignal;
}

/** Makes the value that is missing. */
export type Loader = (key: Key, context: LoadContext) => Value | Promise<Value>;

export interface GetOrSetOptions {
  /** How long a loaded value counts as fresh. For good if left out. */
  ttl?: number | undefined;
  /** One caller loads anew when a value has less than this left of its `ttl`; the others still get it. */
  refreshBelow?: number | undefined;
  /**
   * Keeps values this long beyond their `ttl`: for the caller that loads anew, in case that fails, and for the others
   * meanwhile. Plain reads see them too.
   */
  staleIfError?: number | undefined;
  /** How long a loader may take before another caller is let in. 30 s if left out. */
  lease?: number | undefined;
  flags?: number | undefined;
  /** Ends this caller's wait. */
  signal?: AbortSignal | undefined;
  /**
   * If it is given, the caller that is chosen to load anew gets the old value at once, and the load goes on in the
   * background. Called with the load's promise, which never rejects (a worker's `ctx.waitUntil`).
   */
  waitUntil?: ((refresh: Promise<unknown>) => void) | undefined;
  /**
   * Told what the cache could not do (a server that is down, a key or value that is too large): the value is loaded all
   * the same, and this call does not fail for it. The cache's own `onError` if left out.
   */
  onError?: ((error: unknown) => void) | undefined;
  /** A key that is too long is stored under `sha256:` and its hash, as shortKey() gives it. */
  hashLongKeys?: boolean | undefined;
}

/** What the cache tells of itself. Numbers count from its start. */
export interface Stats {
  /** Items held, including expired ones that were not met yet. */
  items: number;
  /**
   * Bytes in use: segments with items, index and bookkeeping; at most `maxBytes`. Over a client, what the server's
   * `stats` calls `bytes`: those of the items alone.
   */
  bytes: number;
  maxBytes: number;
  hits: number;
  misses: number;
  sets: number;
  evictions: number;
  /** Everything that the command `stats` tells, by memcached's names. */
  all: Record<string, string>;
}

/** Where the module comes from: compiled, as bytes, or where to find it. */
export type WasmSource = WebAssembly.Module | BufferSource | Response | Promise<Response> | URL | string;

/** Where a tier's bytes are. All is synchronous, and nothing else may use it while the store is open. */
export interface TierDevice {
  /** In bytes: 1 MiB at least. */
  readonly size: number;
  /** Reads from `at` on into all of `bytes`; gives how many bytes it read. Fewer, or an exception, is a failure. */
  read(bytes: Uint8Array, at: number): number;
  /** The same to write. */
  write(bytes: Uint8Array, at: number): number;
  /** Called when the store is closed, or cannot be opened. */
  close?(): void;
}

/** Takes items that `maxBytes` has no room for. */
export interface TierOptions {
  /** Its size, in memory outside of `maxBytes`: 1 MiB to 1 TiB. It is taken as the tier fills. */
  bytes?: number | undefined;
  /** Or where it is, as fileDevice() of `isocache/node` and opfsDevice() of `isocache/browser` give it. */
  device?: TierDevice | undefined;
}

export interface StoreOptions {
  /** The most that items, index and bookkeeping may take together. 64 MiB if left out; at least 1 MiB. */
  maxBytes?: number | undefined;
  /**
   * The largest item, counted as memcached counts it: 1 KiB to 1 GiB, at most half of `maxBytes`.
   * 1 MiB if left out, or that half if it is less.
   */
  maxItemSize?: number | undefined;
  wasm?: WasmSource | undefined;
  /** Keeps items that are evicted from `maxBytes` elsewhere, instead of dropping them. None if left out. */
  tier?: TierOptions | undefined;
  /** The clock, in milliseconds since 1970. `Date.now` if left out. */
  now?: (() => number) | undefined;
  /** The key of the hash, 128 bits. Random if left out, so that nobody can aim keys at one bucket. */
  hashSeed?: bigint | undefined;
  /**
   * Told of each item that is dropped for room, after the call that caused it. Expired, overwritten and deleted items
   * do not count, nor does what goes to the tier or is dropped there. It may use the store.
   */
  onEvict?: ((event: EvictEvent) => void) | undefined;
  /**
   * Told what could not be done in the background: what getOrSet() could not store, what `onEvict` threw, how the
   * tier's device failed (once a second at most), and each time that nothing more is written to it.
   */
  onError?: ((error: unknown) => void) | undefined;
}

export interface EvictEvent {
  /** Its bytes read as UTF-8. */
  key: string;
  value: Uint8Array;
  flags: number;
  /** When it would have expired, in milliseconds since 1970. */
  expires: number | undefined;
}

/** One connection's protocol state: bytes in, bytes out. */
export interface Connection {
  /**
   * Takes bytes of the text or meta protocol, cut anywhere, and gives the replies that they complete. The replies do
   * not change any more, but several may share one buffer: do not transfer it. While `pending`, more replies are due
   * than one call gives, and feed() without bytes gives them.
   */
  feed(bytes?: string | Uint8Array): Uint8Array;
  readonly pending: boolean;
  /** `quit`, or an error that ends a connection: send what feed() gave, then hang up. */
  readonly closed: boolean;
  /** The same as streams, with back-pressure. */
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  close(): void;
}

export type ErrorCode =
  /** A key of 0 or more than 250 bytes, of another type, or with half a surrogate pair. */
  | 'BAD_KEY'
  /** An argument of another type, or one that makes no sense, a TTL of 0 for instance. Nothing was done or sent. */
  | 'BAD_ARGUMENT'
  | 'TOO_LARGE'
  | 'NO_MEMORY'
  /** incr or decr of something else. */
  | 'NON_NUMERIC'
  /** What restore() was given is no snapshot. */
  | 'BAD_SNAPSHOT'
  | 'CLOSED'
  | 'TIMEOUT'
  /** A reply that cannot be read. */
  | 'PROTOCOL'
  /** Any other CLIENT_ERROR or SERVER_ERROR reply. */
  | 'CLIENT_ERROR'
  | 'SERVER_ERROR';

export class IsocacheError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'IsocacheError';
    this.code = code;
  }
}
