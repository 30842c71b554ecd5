// generated: node wasm/scripts/tables.mjs, from core/protocol/*.def. Do not edit.
// Commands, flags and replies. Their texts for people are in texts.ts.

export type CommandName =
  | 'get'
  | 'gets'
  | 'gat'
  | 'gats'
  | 'set'
  | 'add'
  | 'replace'
  | 'append'
  | 'prepend'
  | 'cas'
  | 'incr'
  | 'decr'
  | 'touch'
  | 'delete'
  | 'mg'
  | 'ms'
  | 'md'
  | 'ma'
  | 'me'
  | 'mn'
  | 'flush_all'
  | 'flush_prefix'
  | 'version'
  | 'verbosity'
  | 'stats'
  | 'cache_memlimit'
  | 'lru_crawler'
  | 'lru'
  | 'slabs'
  | 'extstore'
  | 'refresh_certs'
  | 'watch'
  | 'shutdown'
  | 'quit';
export type SubcommandName =
  | 'stats settings'
  | 'stats items'
  | 'stats slabs'
  | 'stats conns'
  | 'stats sizes'
  | 'stats reset'
  | 'stats detail'
  | 'stats cachedump'
  | 'stats extstore'
  | 'stats proxy'
  | 'lru_crawler metadump'
  | 'lru_crawler mgdump'
  | 'lru_crawler crawl'
  | 'lru_crawler sleep'
  | 'lru_crawler tocrawl'
  | 'lru_crawler enable'
  | 'lru_crawler disable'
  | 'lru tune'
  | 'lru mode'
  | 'lru temp_ttl'
  | 'slabs reassign'
  | 'slabs automove';
export type CommandFamily =
  | 'retrieval'
  | 'getAndTouch'
  | 'storage'
  | 'arithmetic'
  | 'touch'
  | 'delete'
  | 'metaGet'
  | 'metaSet'
  | 'metaDelete'
  | 'metaArithmetic'
  | 'metaDebug'
  | 'metaNoop'
  | 'admin';
export type MetaCommand = 'mg' | 'ms' | 'md' | 'ma' | 'me';
export type MetaFlag =
  | 'b'
  | 'c'
  | 'f'
  | 'h'
  | 'k'
  | 'l'
  | 'q'
  | 's'
  | 't'
  | 'u'
  | 'v'
  | 'x'
  | 'C'
  | 'D'
  | 'E'
  | 'F'
  | 'I'
  | 'J'
  | 'L'
  | 'M'
  | 'N'
  | 'O'
  | 'P'
  | 'R'
  | 'T';
export type FlagArgument = 'none' | 'unsigned64' | 'unsigned32' | 'token' | 'mode' | 'seconds';
export type ErrorName = keyof typeof ERRORS;

/** Of a command's line: how many words it has, the verb among them, and where key and length stand. */
export interface CommandShape {
  /** The fewest words. */
  readonly least: number;
  /** The most words; Infinity: words without a meaning are ignored. */
  readonly most: number;
  /** The error that fewer words, and more, are answered with. */
  readonly tooFew: ErrorName | null;
  readonly tooMany: ErrorName | null;
  /** The index of the first key among the words; 0: there is none. */
  readonly key: number;
  readonly keys: 'none' | 'one' | 'many';
  /** The index of the word that is the length of the value that follows the line; 0: none follows. */
  readonly length: number;
  /** The index of the first word that may be "noreply"; 0: the command takes none. */
  readonly noreply: number;
}

export const COMMANDS: Readonly<Record<CommandName, CommandShape & { readonly family: CommandFamily }>> = {
  get: {
    family: 'retrieval',
    least: 2,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'many',
    length: 0,
    noreply: 0,
  },
  gets: {
    family: 'retrieval',
    least: 2,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'many',
    length: 0,
    noreply: 0,
  },
  gat: {
    family: 'getAndTouch',
    least: 3,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 2,
    keys: 'many',
    length: 0,
    noreply: 0,
  },
  gats: {
    family: 'getAndTouch',
    least: 3,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 2,
    keys: 'many',
    length: 0,
    noreply: 0,
  },
  set: {
    family: 'storage',
    least: 5,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 4,
    noreply: 5,
  },
  add: {
    family: 'storage',
    least: 5,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 4,
    noreply: 5,
  },
  replace: {
    family: 'storage',
    least: 5,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 4,
    noreply: 5,
  },
  append: {
    family: 'storage',
    least: 5,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 4,
    noreply: 5,
  },
  prepend: {
    family: 'storage',
    least: 5,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 4,
    noreply: 5,
  },
  cas: {
    family: 'storage',
    least: 6,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 4,
    noreply: 6,
  },
  incr: {
    family: 'arithmetic',
    least: 3,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 0,
    noreply: 3,
  },
  decr: {
    family: 'arithmetic',
    least: 3,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 0,
    noreply: 3,
  },
  touch: {
    family: 'touch',
    least: 3,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 0,
    noreply: 3,
  },
  delete: {
    family: 'delete',
    least: 2,
    most: 4,
    tooFew: 'badFormat',
    tooMany: 'error',
    key: 1,
    keys: 'one',
    length: 0,
    noreply: 2,
  },
  mg: {
    family: 'metaGet',
    least: 2,
    most: 20,
    tooFew: 'badFormat',
    tooMany: 'tooManyFlags',
    key: 1,
    keys: 'one',
    length: 0,
    noreply: 0,
  },
  ms: {
    family: 'metaSet',
    least: 3,
    most: 20,
    tooFew: 'badFormat',
    tooMany: 'tooManyFlags',
    key: 1,
    keys: 'one',
    length: 2,
    noreply: 0,
  },
  md: {
    family: 'metaDelete',
    least: 2,
    most: 20,
    tooFew: 'badFormat',
    tooMany: 'tooManyFlags',
    key: 1,
    keys: 'one',
    length: 0,
    noreply: 0,
  },
  ma: {
    family: 'metaArithmetic',
    least: 2,
    most: 20,
    tooFew: 'badFormat',
    tooMany: 'tooManyFlags',
    key: 1,
    keys: 'one',
    length: 0,
    noreply: 0,
  },
  me: {
    family: 'metaDebug',
    least: 2,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 1,
    keys: 'one',
    length: 0,
    noreply: 0,
  },
  mn: {
    family: 'metaNoop',
    least: 1,
    most: Infinity,
    tooFew: null,
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  flush_all: {
    family: 'admin',
    least: 1,
    most: 4,
    tooFew: null,
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 1,
  },
  flush_prefix: {
    family: 'admin',
    least: 2,
    most: 3,
    tooFew: 'error',
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 2,
  },
  version: {
    family: 'admin',
    least: 1,
    most: Infinity,
    tooFew: null,
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  verbosity: {
    family: 'admin',
    least: 2,
    most: Infinity,
    tooFew: 'badFormat',
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 2,
  },
  stats: {
    family: 'admin',
    least: 1,
    most: Infinity,
    tooFew: null,
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  cache_memlimit: {
    family: 'admin',
    least: 2,
    most: 3,
    tooFew: 'error',
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 2,
  },
  lru_crawler: {
    family: 'admin',
    least: 2,
    most: 3,
    tooFew: 'error',
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  lru: {
    family: 'admin',
    least: 3,
    most: Infinity,
    tooFew: 'error',
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 3,
  },
  slabs: {
    family: 'admin',
    least: 3,
    most: Infinity,
    tooFew: 'error',
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  extstore: {
    family: 'admin',
    least: 3,
    most: Infinity,
    tooFew: 'error',
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 3,
  },
  refresh_certs: {
    family: 'admin',
    least: 1,
    most: Infinity,
    tooFew: null,
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  watch: {
    family: 'admin',
    least: 1,
    most: Infinity,
    tooFew: null,
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  shutdown: {
    family: 'admin',
    least: 1,
    most: Infinity,
    tooFew: null,
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  quit: {
    family: 'admin',
    least: 1,
    most: Infinity,
    tooFew: null,
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
};

/** The same in short, for code that has to be small. `keys` is how many there may be: 0, 1 or Infinity. */
export type CommandPlaces = readonly [key: number, keys: number, length: number, noreply: number];

/** A command that is not here has none of them. */
export const PLACES: Readonly<Partial<Record<CommandName, CommandPlaces>>> = {
  get: [1, Infinity, 0, 0],
  gets: [1, Infinity, 0, 0],
  gat: [2, Infinity, 0, 0],
  gats: [2, Infinity, 0, 0],
  set: [1, 1, 4, 5],
  add: [1, 1, 4, 5],
  replace: [1, 1, 4, 5],
  append: [1, 1, 4, 5],
  prepend: [1, 1, 4, 5],
  cas: [1, 1, 4, 6],
  incr: [1, 1, 0, 3],
  decr: [1, 1, 0, 3],
  touch: [1, 1, 0, 3],
  delete: [1, 1, 0, 2],
  mg: [1, 1, 0, 0],
  ms: [1, 1, 2, 0],
  md: [1, 1, 0, 0],
  ma: [1, 1, 0, 0],
  me: [1, 1, 0, 0],
  flush_all: [0, 0, 0, 1],
  flush_prefix: [0, 0, 0, 2],
  verbosity: [0, 0, 0, 2],
  cache_memlimit: [0, 0, 0, 2],
  lru: [0, 0, 0, 3],
  extstore: [0, 0, 0, 3],
};

export const SUBCOMMANDS: Readonly<Record<SubcommandName, CommandShape>> = {
  'stats settings': {
    least: 2,
    most: Infinity,
    tooFew: null,
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'stats items': { least: 2, most: Infinity, tooFew: null, tooMany: null, key: 0, keys: 'none', length: 0, noreply: 0 },
  'stats slabs': { least: 2, most: Infinity, tooFew: null, tooMany: null, key: 0, keys: 'none', length: 0, noreply: 0 },
  'stats conns': { least: 2, most: Infinity, tooFew: null, tooMany: null, key: 0, keys: 'none', length: 0, noreply: 0 },
  'stats sizes': { least: 2, most: Infinity, tooFew: null, tooMany: null, key: 0, keys: 'none', length: 0, noreply: 0 },
  'stats reset': { least: 2, most: Infinity, tooFew: null, tooMany: null, key: 0, keys: 'none', length: 0, noreply: 0 },
  'stats detail': {
    least: 3,
    most: Infinity,
    tooFew: 'badDetailUsage',
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'stats cachedump': {
    least: 4,
    most: Infinity,
    tooFew: 'badCachedumpUsage',
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'stats extstore': {
    least: 2,
    most: Infinity,
    tooFew: null,
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'stats proxy': { least: 2, most: Infinity, tooFew: null, tooMany: null, key: 0, keys: 'none', length: 0, noreply: 0 },
  'lru_crawler metadump': {
    least: 3,
    most: 3,
    tooFew: 'error',
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'lru_crawler mgdump': {
    least: 3,
    most: 3,
    tooFew: 'error',
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'lru_crawler crawl': {
    least: 3,
    most: 3,
    tooFew: 'error',
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'lru_crawler sleep': {
    least: 3,
    most: 3,
    tooFew: 'error',
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'lru_crawler tocrawl': {
    least: 3,
    most: 3,
    tooFew: 'error',
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'lru_crawler enable': {
    least: 2,
    most: 2,
    tooFew: null,
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'lru_crawler disable': {
    least: 2,
    most: 2,
    tooFew: null,
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'lru tune': { least: 6, most: Infinity, tooFew: 'error', tooMany: null, key: 0, keys: 'none', length: 0, noreply: 6 },
  'lru mode': { least: 3, most: Infinity, tooFew: 'error', tooMany: null, key: 0, keys: 'none', length: 0, noreply: 3 },
  'lru temp_ttl': {
    least: 3,
    most: Infinity,
    tooFew: 'error',
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 3,
  },
  'slabs reassign': {
    least: 4,
    most: 4,
    tooFew: 'error',
    tooMany: 'error',
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 0,
  },
  'slabs automove': {
    least: 3,
    most: Infinity,
    tooFew: 'error',
    tooMany: null,
    key: 0,
    keys: 'none',
    length: 0,
    noreply: 3,
  },
};

/** What follows the letter of a meta flag. */
export const META_FLAGS: Readonly<Record<MetaFlag, FlagArgument>> = {
  b: 'none',
  c: 'none',
  f: 'none',
  h: 'none',
  k: 'none',
  l: 'none',
  q: 'none',
  s: 'none',
  t: 'none',
  u: 'none',
  v: 'none',
  x: 'none',
  C: 'unsigned64',
  D: 'unsigned64',
  E: 'unsigned64',
  F: 'unsigned32',
  I: 'none',
  J: 'unsigned64',
  L: 'token',
  M: 'mode',
  N: 'seconds',
  O: 'token',
  P: 'token',
  R: 'seconds',
  T: 'seconds',
};

/** The flags that a command has a use for, and those that it accepts and ignores. */
export const USED_FLAGS: Readonly<Record<MetaCommand, string>> = {
  mg: 'bcfhklqstuvCENORT',
  ms: 'bckqsCEFIMNOT',
  md: 'bkqxCEFIOT',
  ma: 'bckqtvCDEJMNOT',
  me: 'b',
};
export const IGNORED_FLAGS: Readonly<Record<MetaCommand, string>> = {
  mg: 'DFJIMxLP',
  ms: 'fhltuvxDJRLP',
  md: 'cfhlstuvDJNRMLP',
  ma: 'fhlsuxFRILP',
  me: 'cfhklqstuvxCDEFIJLMNOPRT',
};

/** The reply codes that the flag q keeps back. */
export const QUIET_CODES: Readonly<Record<MetaCommand, readonly string[]>> = {
  mg: ['EN'],
  ms: ['HD'],
  md: ['HD'],
  ma: ['HD', 'VA'],
  me: [],
};

/** The letters that M takes. */
export const MODES = { ms: 'SERAP', ma: 'I+D-' } as const;

/** What the lines of a reply begin with, errors and values apart. "<number>": a number. */
export const REPLY_HEADS: Readonly<Record<CommandName, readonly string[]>> = {
  get: ['END', 'VALUE'],
  gets: ['END', 'VALUE'],
  gat: ['END', 'VALUE'],
  gats: ['END', 'VALUE'],
  set: ['STORED'],
  add: ['STORED', 'NOT_STORED'],
  replace: ['STORED', 'NOT_STORED'],
  append: ['STORED', 'NOT_STORED'],
  prepend: ['STORED', 'NOT_STORED'],
  cas: ['STORED', 'EXISTS', 'NOT_FOUND'],
  incr: ['NOT_FOUND', '<number>'],
  decr: ['NOT_FOUND', '<number>'],
  touch: ['NOT_FOUND', 'TOUCHED'],
  delete: ['NOT_FOUND', 'DELETED'],
  mg: ['HD', 'VA', 'EN'],
  ms: ['HD', 'NF', 'NS', 'EX'],
  md: ['HD', 'NF', 'EX'],
  ma: ['HD', 'VA', 'NF', 'EX'],
  me: ['EN', 'ME'],
  mn: ['MN'],
  flush_all: ['OK'],
  flush_prefix: ['OK'],
  version: ['VERSION'],
  verbosity: ['OK'],
  stats: ['OK', 'END', 'STAT', 'RESET', 'PREFIX', 'ITEM'],
  cache_memlimit: ['OK'],
  lru_crawler: ['OK', 'END', 'EN', 'key=', 'mg'],
  lru: ['OK'],
  slabs: ['OK'],
  extstore: ['OK'],
  refresh_certs: ['OK'],
  watch: [],
  shutdown: [],
  quit: [],
};

/** Replies of text commands, without their line end. */
export const REPLIES = {
  stored: 'STORED',
  notStored: 'NOT_STORED',
  exists: 'EXISTS',
  notFound: 'NOT_FOUND',
  deleted: 'DELETED',
  touched: 'TOUCHED',
  ok: 'OK',
  end: 'END',
} as const;

/** What a reply to a meta command begins with. */
export const META_CODES = {
  done: 'HD',
  value: 'VA',
  miss: 'EN',
  notFound: 'NF',
  notStored: 'NS',
  exists: 'EX',
  noop: 'MN',
} as const;

// The same as numbers, first letter first: comparing them costs nothing.
export const HD = 0x4844;
export const VA = 0x5641;
export const EN = 0x454e;
export const NF = 0x4e46;
export const NS = 0x4e53;
export const EX = 0x4558;
export const MN = 0x4d4e;

/** Flags that only replies have. */
export const META_MARKS = 'WXZ' as const;

/** Errors, without their line end. */
export const ERRORS = {
  error: 'ERROR',
  badFormat: 'CLIENT_ERROR bad command line format',
  badRetrievalKey: 'CLIENT_ERROR bad command line format',
  badDeleteUsage: 'CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]',
  badDataChunk: 'CLIENT_ERROR bad data chunk',
  badExptime: 'CLIENT_ERROR invalid exptime argument',
  badDelta: 'CLIENT_ERROR invalid numeric delta argument',
  nonNumeric: 'CLIENT_ERROR cannot increment or decrement non-numeric value',
  tooManyFlags: 'CLIENT_ERROR options flags are too long',
  duplicateFlag: 'CLIENT_ERROR duplicate flag',
  invalidFlag: 'CLIENT_ERROR invalid flag',
  invalidOrDuplicateFlag: 'CLIENT_ERROR invalid or duplicate flag',
  badToken: 'CLIENT_ERROR bad token in command line format',
  badMetaDelta: 'CLIENT_ERROR invalid numeric delta value',
  badMetaInitial: 'CLIENT_ERROR invalid numeric initial value',
  badBase64Key: 'CLIENT_ERROR error decoding key',
  opaqueTooLong: 'CLIENT_ERROR opaque token too long',
  badSetMode: 'CLIENT_ERROR invalid mode for ms M token',
  badArithmeticMode: 'CLIENT_ERROR invalid mode for ma M token',
  unauthenticated: 'CLIENT_ERROR unauthenticated',
  loginFailed: 'CLIENT_ERROR authentication failure',
  badLoginFormat: 'CLIENT_ERROR bad authentication token format',
  badTermination: 'CLIENT_ERROR bad command line termination',
  tooLarge: 'SERVER_ERROR object too large for cache',
  noMemoryStoring: 'SERVER_ERROR out of memory storing object',
  noMemory: 'SERVER_ERROR out of memory',
  tooManyConnections: 'ERROR Too many open connections',
  badPrefix: 'CLIENT_ERROR bad prefix',
  tooManyPrefixes: 'SERVER_ERROR too many flushed prefixes',
  flushNotAllowed: 'CLIENT_ERROR flush_all not allowed',
  memoryTooSmall: 'MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m',
  memoryNotInBytes: 'MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes',
  memoryNotAdjusted: 'MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust',
  tlsNotEnabled: 'Error TLS not enabled',
  watchFailed: 'WATCHER_FAILED failed to add log watcher',
  watchersTooMany: 'WATCHER_TOO_MANY log watcher limit reached',
  watchNotAllowed: 'CLIENT_ERROR watch commands not allowed',
  shutdownNotEnabled: 'SERVER_ERROR: shutdown not enabled',
  badShutdownMode: 'CLIENT_ERROR invalid shutdown mode',
  crawlerDisabled: 'CLIENT_ERROR lru crawler disabled',
  crawlerRuns: 'ERROR failed to start lru crawler thread',
  badClass: 'BADCLASS invalid class id',
  metadumpNotAllowed: 'ERROR metadump not allowed',
  sleepTooLong: 'CLIENT_ERROR sleep must be one second or less',
  detailNotAllowed: 'CLIENT_ERROR stats detail not allowed',
  badDetailUsage: 'CLIENT_ERROR usage: stats detail on|off|dump',
  cachedumpNotAllowed: 'CLIENT_ERROR stats cachedump not allowed',
  badCachedumpUsage: 'CLIENT_ERROR bad command line',
  illegalClass: 'CLIENT_ERROR Illegal slab id',
  lruSharesTooLarge: 'ERROR hot and warm pcts must not exceed 80',
  lruFactorsTooSmall: 'ERROR hot/warm age factors must be greater than 0',
  reassignDisabled: 'CLIENT_ERROR slab reassignment disabled',
  badReassignClass: 'BADCLASS invalid src or dst class id',
  sameClass: 'SAME src and dst class are identical',
  noSparePages: 'NOSPARE source class has no spare pages',
} as const;
