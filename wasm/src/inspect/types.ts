// What an inspector shows of a store. Times are milliseconds since 1970; the engine counts whole seconds.

export interface StoreSettings {
  /** As a store's: 1 MiB if left out, which is the least. */
  maxBytes?: number | undefined;
  /** As a store's: half of `maxBytes` if left out, and 1 MiB at most then. */
  maxItemSize?: number | undefined;
  /** The key of the hash, 128 bits. Always the same one if left out, so that a replay gives the same store. */
  hashSeed?: bigint | undefined;
  /** What the clock shows at first: 2026-01-01T00:00:00Z if left out. */
  now?: number | undefined;
}

export interface InspectorOptions extends StoreSettings {
  /** The module `isocache/engine-inspect.wasm`: compiled, as bytes, or where to find it. */
  wasm?: BufferSource | WebAssembly.Module | URL | undefined;
}

/** One client's connection: bytes in, bytes out. */
export interface Session {
  /** The same in a fork, and after restore(). */
  readonly id: number;
  /**
   * Takes bytes, cut anywhere, and gives all of the replies that they complete. If those are more than
   * `maxReplyBytes`, it gives so many of them, and the connection ends as `truncated`.
   */
  feed(bytes: Uint8Array, maxReplyBytes?: number): Uint8Array;
  /** A command was begun whose end has not come. */
  readonly unfinished: boolean;
  /** The connection has ended (`quit`, or an error that ends it). It gives no further reply. */
  readonly closing: boolean;
  /** It has ended because a reply was too long for feed(). */
  readonly truncated: boolean;
  close(): void;
}

/** Everything that an inspector knew when save() was called: store and connections. */
export interface SavedState {
  /** How much memory it takes. */
  readonly bytes: number;
}

export interface ItemState {
  key: Uint8Array;
  /** The key came in base64 (flag `b`). */
  binaryKey: boolean;
  valueLength: number;
  /** What it takes in memory: header, key, value, padding. */
  bytes: number;
  cas: bigint;
  clientFlags: number;
  /** 0: never. */
  expires: number;
  lastAccess: number;
  /** It was read since it was stored. */
  fetched: boolean;
  /** `md` with the flag `I` was called on it. */
  stale: boolean;
  /** One client was told to store a newer value (flag `W`). */
  won: boolean;
  queue: 'small' | 'main';
  /** Where it lies: the segment, and the offset there. A long value goes on in other segments. */
  segment: number;
  offset: number;
  /** Reads since eviction looked at it, 3 at most. */
  frequency: number;
  /** It expired or was flushed: a request finds it no more. It takes memory until that is needed. */
  gone: boolean;
}

/** 64 KiB of memory that is in use. */
export interface SegmentState {
  id: number;
  queue: 'small' | 'main' | 'other';
  /** `leaving`: nothing but what a reply still sends. */
  holds: 'items' | 'index' | 'ghost' | 'leaving';
  /** The place in the queue of its band, from 0 on. Eviction takes the first one that is not open. */
  order: number;
  /** The size band: small items do not wait behind large ones. */
  band: number;
  /** New items are still written to it. */
  open: boolean;
  items: number;
  /** Of items, and of values that are still arriving. */
  liveBytes: number;
  /** Of items that were replaced, deleted or evicted. */
  deadBytes: number;
  /** Not written yet. */
  freeBytes: number;
}

/** Where the memory is, to the byte. */
export interface MemoryState {
  limit: number;
  /** The sum of those below. */
  used: number;
  live: number;
  dead: number;
  /** In segments that hold items. */
  free: number;
  index: number;
  ghost: number;
  /** Bookkeeping of segments, and segments that are kept until a reply has left. */
  other: number;
}

/** What was evicted lately is remembered by its hash, to let it into the main queue when it comes back. */
export interface GhostState {
  entries: number;
  capacity: number;
}

/** What became of the items of the segment that was emptied. */
export interface EvictionStep {
  segment: number;
  queue: 'small' | 'main';
  /** It was the oldest of its queue; much of it was dead; or all of it was flushed. */
  reason: 'age' | 'dead' | 'flushed';
  /** In the order in which they lay there. */
  dropped: Uint8Array[];
  /** Items that had expired or were flushed. */
  reclaimed: Uint8Array[];
  /** Where they are now. Those that were read go to the main queue, or stay in it. */
  kept: { key: Uint8Array; to: 'small' | 'main' }[];
  /** What can be written again, less what was kept. */
  freedBytes: number;
}

/** An item was dropped for room. */
export interface StoreEvent {
  kind: 'evicted';
  key: Uint8Array;
}
