// generated: node wasm/scripts/tables.mjs, from core/protocol/*.def. Do not edit.
// What commands, flags, replies and errors mean, for people. Apart from tables.ts, so that only those who show the
// texts pay for them.

import type { CommandName, ErrorName, MetaCommand, MetaFlag, META_CODES, REPLIES, SubcommandName } from './tables.js';

/**
 * What was sent before, a request, and its reply. "\n" stands for the protocol's line end, and the last one is left
 * out. Among what was sent before, a line "$ isocached -F" says how the server was started, and a line that begins
 * with "#" what happened. "..." in a reply is any text.
 */
export interface Example {
  readonly before: string;
  readonly request: string;
  readonly reply: string;
}

export interface CommandText {
  readonly syntax: string;
  readonly meaning: string;
  /** What becomes different in the store or the server. */
  readonly change: string;
  readonly example: Example;
}

export interface FlagText {
  readonly meaning: string;
  readonly change: string;
  /** What the reply shows. */
  readonly reply: string;
  readonly example: Example;
}

export interface ModeText {
  readonly letters: string;
  readonly meaning: string;
  readonly example: Example;
}

/** What a reply means to some commands; no commands: to any. */
export interface ReplyUse {
  readonly commands: readonly CommandName[];
  readonly meaning: string;
  readonly example: Example;
}

export interface ReplyText {
  readonly meaning: string;
  readonly uses: readonly ReplyUse[];
}

/** A reply that is no fixed text. */
export interface ReplyLine extends ReplyUse {
  readonly form: string;
}

export interface ErrorText {
  readonly when: string;
  readonly remedy: string;
  readonly example: Example;
}

export const COMMAND_TEXTS: Readonly<Record<CommandName, CommandText>> = {
  get: {
    syntax: 'get <key> [<key> ...]',
    meaning: 'Reads the values of one or more keys; a key without an item is left out of the reply.',
    change: 'The items count as read, so that eviction keeps them longer.',
    example: { before: 'set lang 0 0 2\nen', request: 'get lang color', reply: 'VALUE lang 0 2\nen\nEND' },
  },
  gets: {
    syntax: 'gets <key> [<key> ...]',
    meaning: 'Reads values as get does, each with its cas unique, the number that cas compares.',
    change: 'The items count as read.',
    example: { before: 'ms lang 2 E42\nen', request: 'gets lang', reply: 'VALUE lang 0 2 42\nen\nEND' },
  },
  gat: {
    syntax: 'gat <exptime> <key> [<key> ...]',
    meaning: 'Reads values as get does, and gives each item that is there a new exptime.',
    change: "The items' exptime; they count as read.",
    example: { before: 'set lang 0 60 2\nen', request: 'gat 300 lang', reply: 'VALUE lang 0 2\nen\nEND' },
  },
  gats: {
    syntax: 'gats <exptime> <key> [<key> ...]',
    meaning: 'Reads values and sets exptimes as gat does; each value comes with its cas unique.',
    change: "The items' exptime; they count as read.",
    example: { before: 'ms lang 2 E42\nen', request: 'gats 300 lang', reply: 'VALUE lang 0 2 42\nen\nEND' },
  },
  set: {
    syntax: 'set <key> <client flags> <exptime> <length> [noreply]',
    meaning: 'Stores a value, whether or not the key has one.',
    change:
      'The key has the new value, client flags, exptime and cas. A set that fails for its size or for want of memory removes the old value.',
    example: { before: '', request: 'set lang 0 0 2\nen', reply: 'STORED' },
  },
  add: {
    syntax: 'add <key> <client flags> <exptime> <length> [noreply]',
    meaning: 'Stores a value if the key has none.',
    change: 'A key without an item gets one; an item that is there stays as it is.',
    example: { before: 'set lang 0 0 2\nen', request: 'add lang 0 0 2\nfr', reply: 'NOT_STORED' },
  },
  replace: {
    syntax: 'replace <key> <client flags> <exptime> <length> [noreply]',
    meaning: 'Stores a value if the key has one.',
    change: 'An item that is there is replaced whole: value, client flags, exptime and cas.',
    example: { before: 'set lang 0 0 2\nen', request: 'replace lang 0 0 2\nfr', reply: 'STORED' },
  },
  append: {
    syntax: 'append <key> <client flags> <exptime> <length> [noreply]',
    meaning: 'Adds bytes after the value that the key has; client flags and exptime of the line are ignored.',
    change: "The item's value grows and its cas changes; client flags and exptime stay.",
    example: { before: 'set log 0 0 2\na,', request: 'append log 0 0 2\nb,', reply: 'STORED' },
  },
  prepend: {
    syntax: 'prepend <key> <client flags> <exptime> <length> [noreply]',
    meaning: 'Adds bytes before the value that the key has; client flags and exptime of the line are ignored.',
    change: "The item's value grows and its cas changes; client flags and exptime stay.",
    example: { before: 'set log 0 0 2\nb,', request: 'prepend log 0 0 2\na,', reply: 'STORED' },
  },
  cas: {
    syntax: 'cas <key> <client flags> <exptime> <length> <cas unique> [noreply]',
    meaning: 'Stores a value if the item has not changed since gets read that cas unique.',
    change: "As set, if the cas unique is the item's; else nothing.",
    example: { before: 'ms lang 2 E42\nen', request: 'cas lang 0 0 2 41\nfr', reply: 'EXISTS' },
  },
  incr: {
    syntax: 'incr <key> <delta> [noreply]',
    meaning: "Adds to the decimal number that is the key's value, and answers the sum; it wraps at 2^64.",
    change: "The item's value and cas; client flags and exptime stay.",
    example: { before: 'set hits 0 0 2\n41', request: 'incr hits 1', reply: '42' },
  },
  decr: {
    syntax: 'decr <key> <delta> [noreply]',
    meaning: "Subtracts from the decimal number that is the key's value, and answers the rest; it stops at 0.",
    change: "The item's value and cas. The value keeps its length: a shorter number is padded with spaces.",
    example: { before: 'set left 0 0 2\n10', request: 'decr left 1\nget left', reply: '9\nVALUE left 0 2\n9 \nEND' },
  },
  touch: {
    syntax: 'touch <key> <exptime> [noreply]',
    meaning: 'Gives an item a new exptime without reading its value.',
    change: "The item's exptime; it counts as read.",
    example: { before: 'set lang 0 60 2\nen', request: 'touch lang 300', reply: 'TOUCHED' },
  },
  delete: {
    syntax: 'delete <key> [0] [noreply]',
    meaning: 'Removes an item. The 0 is what old clients send; no other number is taken.',
    change: 'The item is gone.',
    example: { before: 'set lang 0 0 2\nen', request: 'delete lang', reply: 'DELETED' },
  },
  mg: {
    syntax: 'mg <key> <flag>*',
    meaning:
      "Meta get: reads an item's value and the facts that flags ask for. Without flags it only says whether the item is there.",
    change: 'The item counts as read, unless u is given. N, R and T change more.',
    example: { before: 'set lang 5 60 2\nen', request: 'mg lang t f v', reply: 'VA 2 t60 f5\nen' },
  },
  ms: {
    syntax: 'ms <key> <length> <flag>*',
    meaning: 'Meta set: stores a value, in the mode that M names: set, add, replace, append or prepend.',
    change:
      'The key has the new value, the client flags of F, the exptime of T and a new cas; it is neither stale nor won.',
    example: { before: '', request: 'ms lang 2 T60 F5 c E42\nen', reply: 'HD c42' },
  },
  md: {
    syntax: 'md <key> <flag>*',
    meaning: 'Meta delete: removes an item, or marks it stale (I), or empties it (x).',
    change: 'The item is gone. With I or x it stays, changed.',
    example: { before: 'set lang 0 0 2\nen', request: 'md lang', reply: 'HD' },
  },
  ma: {
    syntax: 'ma <key> <flag>*',
    meaning: 'Meta arithmetic: adds to a decimal number, or subtracts from it; with N it creates the number.',
    change: "The item's value and cas.",
    example: { before: 'set hits 0 0 2\n41', request: 'ma hits v', reply: 'VA 2\n42' },
  },
  me: {
    syntax: 'me <key> [b]',
    meaning:
      'Meta debug: tells what the store knows of an item. exp: seconds left, -1 if it never expires; la: seconds since its last access; size: what memcached would need for it.',
    change: 'Nothing.',
    example: {
      before: 'ms lang 2 E42\nen',
      request: 'me lang',
      reply: 'ME lang exp=-1 la=0 cas=42 fetch=no cls=1 size=65',
    },
  },
  mn: {
    syntax: 'mn',
    meaning: 'Meta no-op: answers MN. After quiet commands its reply says that all of them are done.',
    change: 'Nothing.',
    example: { before: '', request: 'mg a v q\nmg b v q\nmn', reply: 'MN' },
  },
  flush_all: {
    syntax: 'flush_all [<delay>] [noreply]',
    meaning: 'Makes everything that is stored invisible, now or in so many seconds.',
    change: 'All items stored before that moment are gone; their memory comes back bit by bit.',
    example: { before: 'set lang 0 0 2\nen', request: 'flush_all\nget lang', reply: 'OK\nEND' },
  },
  flush_prefix: {
    syntax: 'flush_prefix <prefix> [noreply]',
    meaning:
      "Makes the items invisible whose keys have this prefix, which is what is before the first ':'. memcached does not have this command.",
    change:
      'All items with this prefix stored before are gone; their memory comes back bit by bit. OK comes also when there was none. There are no wildcards.',
    example: { before: 'set user:1 0 0 2\nen', request: 'flush_prefix user\nget user:1', reply: 'OK\nEND' },
  },
  version: {
    syntax: 'version',
    meaning: "The version of memcached whose protocol this is. isocache's own is isocache_version in stats.",
    change: 'Nothing.',
    example: { before: '', request: 'version', reply: 'VERSION 1.6.45' },
  },
  verbosity: {
    syntax: 'verbosity <level> [noreply]',
    meaning: 'How much the server logs: 0, 1 or 2.',
    change: 'The setting verbosity.',
    example: { before: '', request: 'verbosity 1', reply: 'OK' },
  },
  stats: {
    syntax: 'stats [<sub-command>]',
    meaning: 'Figures about the server and everything in it.',
    change: 'Nothing.',
    example: { before: 'get lang', request: 'stats', reply: 'STAT pid ...\nSTAT get_misses 1\n...\nEND' },
  },
  cache_memlimit: {
    syntax: 'cache_memlimit <MiB> [noreply]',
    meaning: 'Sets the memory limit of -m.',
    change: 'The limit. A lower one is reached bit by bit, by eviction.',
    example: { before: '', request: 'cache_memlimit 128', reply: 'OK' },
  },
  lru_crawler: {
    syntax: 'lru_crawler <sub-command> [<argument>]',
    meaning:
      'Lists all items (metadump, mgdump). Expired items are found without a crawler; its other sub-commands are there for tools.',
    change: 'See the sub-commands.',
    example: { before: '', request: 'lru_crawler disable', reply: 'OK' },
  },
  lru: {
    syntax: 'lru <sub-command> <argument>... [noreply]',
    meaning: 'For tools: there are no LRU queues to tune. Values are checked, kept and shown by stats settings.',
    change: 'See the sub-commands.',
    example: { before: '', request: 'lru mode flat', reply: 'OK' },
  },
  slabs: {
    syntax: 'slabs <sub-command> <argument>...',
    meaning: 'For tools: there are no slab pages to move. Values are checked, kept and shown by stats settings.',
    change: 'See the sub-commands.',
    example: { before: '', request: 'slabs reassign 1 2', reply: 'NOSPARE source class has no spare pages' },
  },
  extstore: {
    syntax: 'extstore <setting> <number> [noreply]',
    meaning:
      "Settings of memcached's flash tier: free_memchunks, item_size, item_age, low_ttl, recache_rate, compact_under, drop_under, max_sleep, max_frag, drop_unread; a name may be cut short. item_size, low_ttl and recache_rate act on a flash tier; the others are kept and shown.",
    change: 'The setting of that name.',
    example: { before: '', request: 'extstore item_size 1024', reply: 'OK' },
  },
  refresh_certs: {
    syntax: 'refresh_certs',
    meaning: 'Reads the TLS certificates and keys from their files again.',
    change: 'New connections get the new certificate.',
    example: { before: '$ isocached -Z', request: 'refresh_certs', reply: 'OK' },
  },
  watch: {
    syntax: 'watch [<stream> ...]',
    meaning:
      'From now on the connection gets a line for each thing that happens: fetchers (lookups; the default), mutations (storage commands), deletions, evictions, connevents (clients that come and go). What it sends is dropped, up to quit. proxyreqs, proxyevents, proxyuser, rawcmds and sysevents are known words, and give no lines here.',
    change: 'Nothing is stored. The connection is a watcher until it ends.',
    example: { before: '', request: 'watch fetchers', reply: 'OK' },
  },
  shutdown: {
    syntax: 'shutdown [graceful]',
    meaning: 'Ends the server. graceful lets connections finish their requests. It needs -A.',
    change: 'The server ends; everything stored is lost.',
    example: { before: '$ isocached -A', request: 'shutdown', reply: '' },
  },
  quit: {
    syntax: 'quit',
    meaning: 'Closes the connection.',
    change: 'Nothing.',
    example: { before: '', request: 'quit', reply: '' },
  },
};

export const SUBCOMMAND_TEXTS: Readonly<Record<SubcommandName, CommandText>> = {
  'stats settings': {
    syntax: 'stats settings',
    meaning: 'The settings in force.',
    change: 'Nothing.',
    example: {
      before: 'verbosity 1',
      request: 'stats settings',
      reply: 'STAT maxbytes 67108864\n...\nSTAT verbosity 1\n...\nEND',
    },
  },
  'stats items': {
    syntax: 'stats items',
    meaning: "Figures of the items, by size band; the bands are shown as memcached's slab classes.",
    change: 'Nothing.',
    example: { before: 'set lang 0 0 2\nen', request: 'stats items', reply: 'STAT items:1:number 1\n...\nEND' },
  },
  'stats slabs': {
    syntax: 'stats slabs',
    meaning: "Figures of the memory, by size band; the bands are shown as memcached's slab classes.",
    change: 'Nothing.',
    example: {
      before: 'set lang 0 0 2\nen',
      request: 'stats slabs',
      reply: 'STAT 1:chunk_size ...\nSTAT total_malloced ...\nEND',
    },
  },
  'stats conns': {
    syntax: 'stats conns',
    meaning: 'The connections, one by one. The wasm module has none to show.',
    change: 'Nothing.',
    example: { before: '', request: 'stats conns', reply: '...\nEND' },
  },
  'stats sizes': {
    syntax: 'stats sizes',
    meaning: 'For tools: says that no histogram of sizes is kept.',
    change: 'Nothing.',
    example: { before: '', request: 'stats sizes', reply: 'STAT sizes_status disabled\nEND' },
  },
  'stats reset': {
    syntax: 'stats reset',
    meaning: 'Sets the counters back to 0.',
    change: 'The counters; no item.',
    example: {
      before: 'get lang',
      request: 'stats reset\nstats',
      reply: 'RESET\nSTAT pid ...\nSTAT get_misses 0\n...\nEND',
    },
  },
  'stats detail': {
    syntax: 'stats detail on|off|dump',
    meaning: "Counts gets, hits, stores and deletes of the text commands by key prefix (what is before the first ':').",
    change: 'on and off start and stop the counting; dump changes nothing.',
    example: {
      before: 'stats detail on\nget user:1',
      request: 'stats detail dump',
      reply: 'PREFIX user get 1 hit 0 set 0 del 0\nEND',
    },
  },
  'stats cachedump': {
    syntax: 'stats cachedump <class> <most>',
    meaning: 'Lists items of one size band: key, length, and when they expire; 0 lists all of them.',
    change: 'Nothing.',
    example: { before: 'set lang 0 0 2\nen', request: 'stats cachedump 1 10', reply: 'ITEM lang [2 b; 0 s]\nEND' },
  },
  'stats extstore': {
    syntax: 'stats extstore',
    meaning:
      'The regions of the flash tier, four lines each: version (0: free), bytes of live items, and two that are always 0.',
    change: 'Nothing.',
    example: { before: '', request: 'stats extstore', reply: 'END' },
  },
  'stats proxy': {
    syntax: 'stats proxy',
    meaning: 'For tools: there is nothing to tell.',
    change: 'Nothing.',
    example: { before: '', request: 'stats proxy', reply: 'END' },
  },
  'lru_crawler metadump': {
    syntax: 'lru_crawler metadump all|hash|<class>[,<class>...]',
    meaning:
      'Lists the items, one line each, which ends in "\\n" alone. exp and la are unix times; keys are URI encoded.',
    change: 'Nothing.',
    example: {
      before: 'ms lang 2 E42\nen',
      request: 'lru_crawler metadump all',
      reply: 'OK\nkey=lang exp=-1 la=1800000000 cas=42 fetch=no cls=1 size=65 flags=0 \nEND',
    },
  },
  'lru_crawler mgdump': {
    syntax: 'lru_crawler mgdump all|hash|<class>[,<class>...]',
    meaning: 'Lists the items as mg commands that read them.',
    change: 'Nothing.',
    example: { before: 'set lang 0 0 2\nen', request: 'lru_crawler mgdump all', reply: 'OK\nmg lang\nEN' },
  },
  'lru_crawler crawl': {
    syntax: 'lru_crawler crawl all|hash|<class>[,<class>...]',
    meaning: 'For tools: the classes are checked, nothing is crawled.',
    change: 'Nothing.',
    example: { before: '', request: 'lru_crawler crawl all', reply: 'OK' },
  },
  'lru_crawler sleep': {
    syntax: 'lru_crawler sleep <microseconds>',
    meaning: 'For tools: kept and shown, without effect.',
    change: 'The setting lru_crawler_sleep.',
    example: { before: '', request: 'lru_crawler sleep 200', reply: 'OK' },
  },
  'lru_crawler tocrawl': {
    syntax: 'lru_crawler tocrawl <items>',
    meaning: 'For tools: kept and shown, without effect.',
    change: 'The setting lru_crawler_tocrawl.',
    example: { before: '', request: 'lru_crawler tocrawl 1000', reply: 'OK' },
  },
  'lru_crawler enable': {
    syntax: 'lru_crawler enable',
    meaning: 'Allows the dumps again after lru_crawler disable.',
    change: 'The setting lru_crawler.',
    example: { before: 'lru_crawler disable', request: 'lru_crawler enable', reply: 'OK' },
  },
  'lru_crawler disable': {
    syntax: 'lru_crawler disable',
    meaning: 'Refuses the dumps and crawl from now on.',
    change: 'The setting lru_crawler.',
    example: { before: '', request: 'lru_crawler disable', reply: 'OK' },
  },
  'lru tune': {
    syntax: 'lru tune <hot %> <warm %> <hot factor> <warm factor> [noreply]',
    meaning: 'For tools: kept and shown, without effect.',
    change: 'The settings hot_lru_pct, warm_lru_pct, hot_max_factor and warm_max_factor.',
    example: { before: '', request: 'lru tune 10 30 0.2 2.0', reply: 'OK' },
  },
  'lru mode': {
    syntax: 'lru mode flat|segmented [noreply]',
    meaning: 'For tools: kept and shown, without effect.',
    change: 'The setting lru_segmented.',
    example: { before: '', request: 'lru mode segmented', reply: 'OK' },
  },
  'lru temp_ttl': {
    syntax: 'lru temp_ttl <seconds> [noreply]',
    meaning: 'For tools: kept and shown, without effect; a negative number switches it off.',
    change: 'The settings temp_lru and temporary_ttl.',
    example: { before: '', request: 'lru temp_ttl 60', reply: 'OK' },
  },
  'slabs reassign': {
    syntax: 'slabs reassign <source class> <destination class>',
    meaning: 'For tools: there is never a page to spare.',
    change: 'Nothing.',
    example: { before: '', request: 'slabs reassign 1 2', reply: 'NOSPARE source class has no spare pages' },
  },
  'slabs automove': {
    syntax: 'slabs automove 0|1|2, slabs automove ratio|freeratio|window <number> [noreply]',
    meaning: 'For tools: kept and shown, without effect.',
    change: 'The settings slab_automove, slab_automove_ratio, slab_automove_freeratio and slab_automove_window.',
    example: { before: '', request: 'slabs automove 1', reply: 'OK' },
  },
};

/** A name for each flag. */
export const FLAG_NAMES: Readonly<Record<MetaFlag, string>> = {
  b: 'the key is base64',
  c: 'return the cas unique',
  f: 'return the client flags',
  h: 'return whether the item was read before',
  k: 'return the key',
  l: 'return the seconds since the last access',
  q: 'quiet: leave out the reply that says nothing new',
  s: "return the value's length",
  t: 'return the remaining TTL',
  u: 'do not count this read',
  v: 'return the value',
  x: 'remove the value, keep the item',
  C: 'compare the cas unique',
  D: 'delta',
  E: "the item's new cas unique",
  F: 'client flags',
  I: 'invalidate: stale',
  J: 'initial number',
  L: 'for proxies; ignored',
  M: 'mode',
  N: 'on a miss create the item with this TTL',
  O: 'opaque, returned as sent',
  P: 'for proxies; ignored',
  R: 'win the right to recache below this TTL',
  T: 'set the TTL',
};

/** The flags that a command has a use for. */
export const FLAG_TEXTS: Readonly<Record<MetaCommand, Readonly<Partial<Record<MetaFlag, FlagText>>>>> = {
  mg: {
    b: {
      meaning: 'The key in the request is base64; it stands for the decoded bytes.',
      change: 'Nothing.',
      reply: 'With k, the key in the form in which it was stored; if that was base64, b follows.',
      example: { before: 'ms Zm9v 2 b\nhi', request: 'mg Zm9v b k v', reply: 'VA 2 kZm9v b\nhi' },
    },
    c: {
      meaning: "Asks for the item's cas unique, which changes with each store.",
      change: 'Nothing.',
      reply: 'c and the number.',
      example: { before: 'ms lang 2 E42\nen', request: 'mg lang c', reply: 'HD c42' },
    },
    f: {
      meaning: 'Asks for the client flags that the item was stored with.',
      change: 'Nothing.',
      reply: 'f and the number.',
      example: { before: 'ms lang 2 F5\nen', request: 'mg lang f', reply: 'HD f5' },
    },
    h: {
      meaning: 'Asks whether the item was read since it was stored. This read does not count.',
      change: 'Nothing.',
      reply: 'h0: never read; h1: read before.',
      example: { before: 'ms lang 2\nen', request: 'mg lang h\nmg lang h', reply: 'HD h0\nHD h1' },
    },
    k: {
      meaning: 'Asks for the key, so that replies can be told apart.',
      change: 'Nothing.',
      reply: 'k and the key, also on a miss.',
      example: { before: 'ms lang 2\nen', request: 'mg lang k v\nmg color k', reply: 'VA 2 klang\nen\nEN kcolor' },
    },
    l: {
      meaning: 'Asks for the time since the item was last read or stored. This read does not count.',
      change: 'Nothing.',
      reply: 'l and the seconds.',
      example: { before: 'ms lang 2\nen\n# 10 seconds later', request: 'mg lang l', reply: 'HD l10' },
    },
    q: {
      meaning: 'Quiet: a miss is not answered. Hits and errors are.',
      change: 'Nothing.',
      reply: 'EN is left out. Send mn after the last quiet command, to learn when all are done.',
      example: { before: 'ms lang 2\nen', request: 'mg color v q\nmg lang v q\nmn', reply: 'VA 2\nen\nMN' },
    },
    s: {
      meaning: 'Asks for the length of the value.',
      change: 'Nothing.',
      reply: 's and the bytes.',
      example: { before: 'ms lang 2\nen', request: 'mg lang s', reply: 'HD s2' },
    },
    t: {
      meaning: 'Asks for the time that the item has left. Before T it tells the old time, after T the new one.',
      change: 'Nothing.',
      reply: 't and the seconds; t-1: the item never expires.',
      example: { before: 'ms lang 2 T60\nen', request: 'mg lang t T300\nmg lang T300 t', reply: 'HD t60\nHD t300' },
    },
    u: {
      meaning: 'Reads without leaving a trace, as a tool that looks around should.',
      change: 'The item does not count as read: h, l and eviction do not notice.',
      reply: 'Nothing.',
      example: { before: 'ms lang 2\nen', request: 'mg lang u v\nmg lang h', reply: 'VA 2\nen\nHD h0' },
    },
    v: {
      meaning: 'Asks for the value.',
      change: 'Nothing.',
      reply: "VA with the value's length instead of HD, and the value on a line of its own.",
      example: { before: 'ms lang 2\nen', request: 'mg lang v', reply: 'VA 2\nen' },
    },
    C: {
      meaning: 'Leaves out the value if the item still has this cas unique: the client has it already.',
      change: 'Nothing.',
      reply: 'HD instead of VA if the numbers are equal.',
      example: {
        before: 'ms lang 2 E42\nen',
        request: 'mg lang c C42 v\nmg lang c C41 v',
        reply: 'HD c42\nVA 2 c42\nen',
      },
    },
    E: {
      meaning: 'With N: the cas unique of the item that a miss creates.',
      change: 'A created item has this number as its cas; an item that was there keeps its own.',
      reply: 'Nothing by itself; c shows the number.',
      example: { before: '', request: 'mg lang N30 E42 c', reply: 'HD c42 W' },
    },
    N: {
      meaning:
        'On a miss, creates an empty item with this TTL and gives the client the right to fill it. Other clients see that somebody is at it, so that only one computes the value.',
      change: 'A miss creates an item with an empty value.',
      reply: 'A miss is answered like a hit, with W. Until the item is stored, later readers get Z.',
      example: { before: '', request: 'mg lang N30 v t\nmg lang N30 v t', reply: 'VA 0 t30 W\n\nVA 0 t30 Z\n' },
    },
    O: {
      meaning: "A text of the client's own, up to 31 bytes, that comes back with the reply.",
      change: 'Nothing.',
      reply: 'O and the text, also on a miss.',
      example: { before: '', request: 'mg lang v O17', reply: 'EN O17' },
    },
    R: {
      meaning:
        'Early recache: the first client that finds less time left than this may fetch the value anew, while the others go on with the old one. R0 never wins.',
      change: 'The item remembers that the right was given away, until it is stored again.',
      reply: 'W for the client that won; Z for those after it.',
      example: {
        before: 'ms lang 2 T20\nen',
        request: 'mg lang v R30\nmg lang v R30',
        reply: 'VA 2 W\nen\nVA 2 Z\nen',
      },
    },
    T: {
      meaning: 'Gives the item a new TTL, as gat does. A miss does nothing.',
      change: "The item's exptime.",
      reply: 'Nothing by itself; a t after it shows the new time.',
      example: { before: 'ms lang 2 T60\nen', request: 'mg lang T300 t', reply: 'HD t300' },
    },
  },
  ms: {
    b: {
      meaning: 'The key in the request is base64; the item is stored under the decoded bytes.',
      change: 'The item remembers that its key came as base64, and k of mg and the dumps show it so.',
      reply: 'With k, the key as sent, and b after it.',
      example: { before: '', request: 'ms Zm9v 2 b k\nhi\nget foo', reply: 'HD kZm9v b\nVALUE foo 0 2\nhi\nEND' },
    },
    c: {
      meaning: 'Asks for the cas unique that the stored item has got.',
      change: 'Nothing.',
      reply: 'c and the number; c0 if nothing was stored.',
      example: { before: '', request: 'ms lang 2 E42 c\nen', reply: 'HD c42' },
    },
    k: {
      meaning: 'Asks for the key, so that replies can be told apart.',
      change: 'Nothing.',
      reply: 'k and the key as sent.',
      example: { before: '', request: 'ms lang 2 k\nen', reply: 'HD klang' },
    },
    q: {
      meaning: 'Quiet: success is not answered. NS, EX, NF and errors are.',
      change: 'Nothing.',
      reply: 'HD is left out.',
      example: { before: '', request: 'ms lang 2 q\nen\nms lang 2 q ME\nfr\nmn', reply: 'NS\nMN' },
    },
    s: {
      meaning: 'Asks for the length of the value.',
      change: 'Nothing.',
      reply: 's and the bytes. After append and prepend that is the whole value.',
      example: { before: 'ms log 2\na,', request: 'ms log 2 MA s\nb,', reply: 'HD s4' },
    },
    C: {
      meaning: 'Stores only if the item still has this cas unique. ME does not look at it.',
      change: 'Nothing is stored if the numbers differ or there is no item.',
      reply: 'EX if the numbers differ; NF if there is no item, with MA and MP NS.',
      example: {
        before: 'ms lang 2 E42\nen',
        request: 'ms lang 2 C41\nfr\nms color 3 C42\nred\nms lang 2 C42\nde',
        reply: 'EX\nNF\nHD',
      },
    },
    E: {
      meaning:
        "The cas unique of the stored item, instead of the server's next number. A version of the client's own fits here.",
      change: "The item's cas.",
      reply: 'Nothing by itself; c shows the number.',
      example: { before: '', request: 'ms lang 2 E42\nen\nmg lang c', reply: 'HD\nHD c42' },
    },
    F: {
      meaning: 'The client flags, a number that the server keeps for the client; 0 if not given.',
      change: "The item's client flags; append and prepend to an item that is there leave them as they are.",
      reply: 'Nothing.',
      example: { before: '', request: 'ms lang 2 F5\nen\nmg lang f', reply: 'HD\nHD f5' },
    },
    I: {
      meaning:
        "With C: a cas unique that is older than the item's stores all the same, but the item stays stale. A late answer is better than none.",
      change: 'The item has the new value and client flags, keeps its exptime, and is stale.',
      reply: 'HD instead of EX.',
      example: { before: 'ms lang 2 E42\nen', request: 'ms lang 2 I C41\nfr\nmg lang v', reply: 'HD\nVA 2 X W\nfr' },
    },
    M: {
      meaning: 'The mode: S set, E add, R replace, A append, P prepend; set if not given.',
      change: 'As the command of that name.',
      reply: 'NS if the mode does not let the value be stored.',
      example: { before: '', request: 'ms lang 2 MR\nen', reply: 'NS' },
    },
    N: {
      meaning: 'With MA and MP: if there is no item, the value is stored as a new one with this TTL.',
      change: 'A new item on a miss.',
      reply: 'HD instead of NS on a miss.',
      example: { before: '', request: 'ms log 2 MA N60\na,\nmg log v t', reply: 'HD\nVA 2 t60\na,' },
    },
    O: {
      meaning: "A text of the client's own, up to 31 bytes, that comes back with the reply.",
      change: 'Nothing.',
      reply: 'O and the text.',
      example: { before: '', request: 'ms lang 2 O17\nen', reply: 'HD O17' },
    },
    T: {
      meaning:
        'The TTL: 0 or not given: the item never expires; negative: it has expired already; above 30 days: a unix time.',
      change: "The item's exptime; append and prepend to an item that is there leave it as it is.",
      reply: 'Nothing.',
      example: { before: '', request: 'ms lang 2 T60\nen\nmg lang t', reply: 'HD\nHD t60' },
    },
  },
  md: {
    b: {
      meaning: 'The key in the request is base64; it stands for the decoded bytes.',
      change: 'Nothing.',
      reply: 'With k, the key as sent, and b after it.',
      example: { before: 'set foo 0 0 2\nhi', request: 'md Zm9v b k', reply: 'HD kZm9v b' },
    },
    k: {
      meaning: 'Asks for the key, so that replies can be told apart.',
      change: 'Nothing.',
      reply: 'k and the key as sent.',
      example: { before: 'ms lang 2\nen', request: 'md lang k', reply: 'HD klang' },
    },
    q: {
      meaning: 'Quiet: success is not answered. NF, EX and errors are.',
      change: 'Nothing.',
      reply: 'HD is left out.',
      example: { before: 'ms lang 2\nen', request: 'md lang q\nmd lang q\nmn', reply: 'NF\nMN' },
    },
    x: {
      meaning: 'Removes the value and keeps the item, as one that is made anew: client flags of F, exptime of T, or 0.',
      change: 'The item has an empty value and keeps its cas unique, unless E or I gives it a new one.',
      reply: 'Nothing.',
      example: { before: 'ms lang 2 F5 E42\nen', request: 'md lang x\nmg lang v f c', reply: 'HD\nVA 0 f0 c42\n' },
    },
    C: {
      meaning: 'Acts only if the item still has this cas unique.',
      change: 'Nothing changes if the numbers differ.',
      reply: 'EX if the numbers differ.',
      example: { before: 'ms lang 2 E42\nen', request: 'md lang C41\nmd lang C42', reply: 'EX\nHD' },
    },
    E: {
      meaning: 'With I or x: the cas unique of the item that stays.',
      change: "The item's cas.",
      reply: 'Nothing.',
      example: { before: 'ms lang 2\nen', request: 'md lang I E42\nmg lang c', reply: 'HD\nHD c42 X W' },
    },
    F: {
      meaning: 'With x: the client flags of the emptied item.',
      change: "The item's client flags.",
      reply: 'Nothing.',
      example: { before: 'ms lang 2\nen', request: 'md lang x F5\nmg lang s f', reply: 'HD\nHD s0 f5' },
    },
    I: {
      meaning:
        'Marks the item stale instead of removing it. Its readers go on with the old value, and the first of them may fetch a new one.',
      change: 'The item is stale and has a new cas unique, so that a store with an older one can be told.',
      reply: 'Nothing. Readers see X, and the first of them W.',
      example: {
        before: 'ms lang 2\nen',
        request: 'md lang I T30\nmg lang v t\nmg lang v t',
        reply: 'HD\nVA 2 t30 X W\nen\nVA 2 t30 Z X\nen',
      },
    },
    O: {
      meaning: "A text of the client's own, up to 31 bytes, that comes back with the reply.",
      change: 'Nothing.',
      reply: 'O and the text.',
      example: { before: '', request: 'md lang O17', reply: 'NF O17' },
    },
    T: {
      meaning: 'With I or x: the TTL of the item that stays.',
      change: "The item's exptime.",
      reply: 'Nothing.',
      example: { before: 'ms lang 2\nen', request: 'md lang I T30\nmg lang t', reply: 'HD\nHD t30 X W' },
    },
  },
  ma: {
    b: {
      meaning: 'The key in the request is base64; it stands for the decoded bytes.',
      change: 'Nothing.',
      reply: 'With k, the key as sent, and b after it.',
      example: { before: 'set foo 0 0 2\n41', request: 'ma Zm9v b k v', reply: 'VA 2 kZm9v b\n42' },
    },
    c: {
      meaning: 'Asks for the cas unique that the item has got.',
      change: 'Nothing.',
      reply: 'c and the number.',
      example: { before: 'ms hits 2\n41', request: 'ma hits E42 c', reply: 'HD c42' },
    },
    k: {
      meaning: 'Asks for the key, so that replies can be told apart.',
      change: 'Nothing.',
      reply: 'k and the key as sent.',
      example: { before: 'ms hits 2\n41', request: 'ma hits k v', reply: 'VA 2 khits\n42' },
    },
    q: {
      meaning: 'Quiet: success is not answered, with v neither. NF, EX and errors are.',
      change: 'Nothing.',
      reply: 'HD and VA are left out.',
      example: { before: 'ms hits 2\n41', request: 'ma hits q\nma none q\nmn', reply: 'NF\nMN' },
    },
    t: {
      meaning: 'Asks for the time that the item has left. Before T it tells the old time, after T the new one.',
      change: 'Nothing.',
      reply: 't and the seconds; t-1: the item never expires.',
      example: { before: 'ms hits 2 T60\n41', request: 'ma hits t T300\nma hits t', reply: 'HD t60\nHD t300' },
    },
    v: {
      meaning: 'Asks for the new number.',
      change: 'Nothing.',
      reply: "VA with the number's length instead of HD, and the number on a line of its own.",
      example: { before: 'ms hits 2\n41', request: 'ma hits v', reply: 'VA 2\n42' },
    },
    C: {
      meaning: 'Acts only if the item still has this cas unique; C0 compares nothing.',
      change: 'Nothing changes if the numbers differ.',
      reply: 'EX if the numbers differ.',
      example: { before: 'ms hits 2 E42\n41', request: 'ma hits C41', reply: 'EX' },
    },
    D: {
      meaning: 'The number to add or to subtract; 1 if not given.',
      change: "The item's value.",
      reply: 'Nothing by itself; v shows the new number.',
      example: { before: 'ms hits 2\n41', request: 'ma hits D9 v', reply: 'VA 2\n50' },
    },
    E: {
      meaning: "The item's new cas unique, instead of the server's next number.",
      change: "The item's cas.",
      reply: 'Nothing by itself; c shows the number.',
      example: { before: 'ms hits 2\n41', request: 'ma hits E42 c', reply: 'HD c42' },
    },
    J: {
      meaning: 'With N: the number that a miss begins with; 0 if not given. Nothing is added to it.',
      change: 'The value of a created item.',
      reply: 'Nothing by itself; v shows the number.',
      example: { before: '', request: 'ma hits N60 J100 v\nma hits N60 J100 v', reply: 'VA 3\n100\nVA 3\n101' },
    },
    M: {
      meaning: 'The mode: I or + adds, D or - subtracts; it adds if not given.',
      change: "The item's value.",
      reply: 'Nothing by itself; v shows the new number.',
      example: { before: 'ms left 2\n10', request: 'ma left MD v', reply: 'VA 1\n9' },
    },
    N: {
      meaning: 'If there is no item, creates one with this TTL and the number of J.',
      change: 'A new item on a miss.',
      reply: 'HD or VA instead of NF on a miss.',
      example: { before: '', request: 'ma hits N60 v t', reply: 'VA 1 t60\n0' },
    },
    O: {
      meaning: "A text of the client's own, up to 31 bytes, that comes back with the reply.",
      change: 'Nothing.',
      reply: 'O and the text, also on a miss.',
      example: { before: '', request: 'ma hits O17', reply: 'NF O17' },
    },
    T: {
      meaning: 'Gives the item a new TTL.',
      change: "The item's exptime.",
      reply: 'Nothing by itself; a t after it shows the new time.',
      example: { before: 'ms hits 2 T60\n41', request: 'ma hits T300 t', reply: 'HD t300' },
    },
  },
  me: {
    b: {
      meaning:
        'The key in the request is base64. It must be the first flag. A key that is not base64 is taken as it is.',
      change: 'Nothing.',
      reply: 'A key that was stored as base64 is shown so.',
      example: {
        before: 'ms Zm9v 2 b E42\nhi',
        request: 'me Zm9v b',
        reply: 'ME Zm9v exp=-1 la=0 cas=42 fetch=no cls=1 size=64',
      },
    },
  },
};

/** Why a command ignores the others. */
export const IGNORED_FLAG_TEXTS: Readonly<Record<MetaCommand, Readonly<Partial<Record<MetaFlag, string>>>>> = {
  mg: {
    D: 'A number must follow; nothing happens. Reading has no use for it.',
    F: 'A number must follow; nothing happens. Reading has no use for it.',
    J: 'A number must follow; nothing happens. Reading has no use for it.',
    I: 'Nothing happens: reading does not change the value.',
    M: 'Nothing happens: reading does not change the value.',
    x: 'Nothing happens: reading does not change the value.',
    L: 'Nothing happens: a text for proxies.',
    P: 'Nothing happens: a text for proxies.',
  },
  ms: {
    f: 'Nothing happens: ms returns c, k, s and O only.',
    h: 'Nothing happens: ms returns c, k, s and O only.',
    l: 'Nothing happens: ms returns c, k, s and O only.',
    t: 'Nothing happens: ms returns c, k, s and O only.',
    u: 'Nothing happens: ms returns c, k, s and O only.',
    v: 'Nothing happens: ms returns c, k, s and O only.',
    x: 'Nothing happens: ms returns c, k, s and O only.',
    D: 'A number must follow; nothing happens.',
    J: 'A number must follow; nothing happens.',
    R: 'A number must follow; nothing happens.',
    L: 'Nothing happens: a text for proxies.',
    P: 'Nothing happens: a text for proxies.',
  },
  md: {
    c: 'Nothing happens: md returns k and O only.',
    f: 'Nothing happens: md returns k and O only.',
    h: 'Nothing happens: md returns k and O only.',
    l: 'Nothing happens: md returns k and O only.',
    s: 'Nothing happens: md returns k and O only.',
    t: 'Nothing happens: md returns k and O only.',
    u: 'Nothing happens: md returns k and O only.',
    v: 'Nothing happens: md returns k and O only.',
    D: 'A number must follow; nothing happens.',
    J: 'A number must follow; nothing happens.',
    N: 'A number must follow; nothing happens.',
    R: 'A number must follow; nothing happens.',
    M: 'Nothing happens: md has no modes.',
    L: 'Nothing happens: a text for proxies.',
    P: 'Nothing happens: a text for proxies.',
  },
  ma: {
    f: 'Nothing happens: ma returns c, k, t, v and O only.',
    h: 'Nothing happens: ma returns c, k, t, v and O only.',
    l: 'Nothing happens: ma returns c, k, t, v and O only.',
    s: 'Nothing happens: ma returns c, k, t, v and O only.',
    u: 'Nothing happens: ma returns c, k, t, v and O only.',
    x: 'Nothing happens: ma returns c, k, t, v and O only.',
    F: 'A number must follow; nothing happens.',
    R: 'A number must follow; nothing happens.',
    I: 'Nothing happens: to add is MI.',
    L: 'Nothing happens: a text for proxies.',
    P: 'Nothing happens: a text for proxies.',
  },
  me: {
    c: 'Not looked at: me always tells the same facts.',
    f: 'Not looked at: me always tells the same facts.',
    h: 'Not looked at: me always tells the same facts.',
    k: 'Not looked at: me always tells the same facts.',
    l: 'Not looked at: me always tells the same facts.',
    q: 'Not looked at: me always tells the same facts.',
    s: 'Not looked at: me always tells the same facts.',
    t: 'Not looked at: me always tells the same facts.',
    u: 'Not looked at: me always tells the same facts.',
    v: 'Not looked at: me always tells the same facts.',
    x: 'Not looked at: me always tells the same facts.',
    C: 'Not looked at: me always tells the same facts.',
    D: 'Not looked at: me always tells the same facts.',
    E: 'Not looked at: me always tells the same facts.',
    F: 'Not looked at: me always tells the same facts.',
    I: 'Not looked at: me always tells the same facts.',
    J: 'Not looked at: me always tells the same facts.',
    L: 'Not looked at: me always tells the same facts.',
    M: 'Not looked at: me always tells the same facts.',
    N: 'Not looked at: me always tells the same facts.',
    O: 'Not looked at: me always tells the same facts.',
    P: 'Not looked at: me always tells the same facts.',
    R: 'Not looked at: me always tells the same facts.',
    T: 'Not looked at: me always tells the same facts.',
  },
};

/** The arguments of M. */
export const MODE_TEXTS: Readonly<Record<'ms' | 'ma', readonly ModeText[]>> = {
  ms: [
    {
      letters: 'S',
      meaning: 'set: stores the value, whether or not the key has one.',
      example: { before: '', request: 'ms lang 2 MS\nen', reply: 'HD' },
    },
    {
      letters: 'E',
      meaning: 'add: stores the value if the key has none.',
      example: { before: 'ms lang 2\nen', request: 'ms lang 2 ME\nfr', reply: 'NS' },
    },
    {
      letters: 'R',
      meaning: 'replace: stores the value if the key has one.',
      example: { before: '', request: 'ms lang 2 MR\nen', reply: 'NS' },
    },
    {
      letters: 'A',
      meaning: 'append: adds bytes after the value.',
      example: { before: 'ms log 2\na,', request: 'ms log 2 MA\nb,\nmg log v', reply: 'HD\nVA 4\na,b,' },
    },
    {
      letters: 'P',
      meaning: 'prepend: adds bytes before the value.',
      example: { before: 'ms log 2\nb,', request: 'ms log 2 MP\na,\nmg log v', reply: 'HD\nVA 4\na,b,' },
    },
  ],
  ma: [
    {
      letters: 'I+',
      meaning: 'adds; wraps at 2^64.',
      example: { before: 'ms hits 20\n18446744073709551615', request: 'ma hits M+ v', reply: 'VA 1\n0' },
    },
    {
      letters: 'D-',
      meaning: 'subtracts; stops at 0.',
      example: { before: 'ms left 1\n3', request: 'ma left M- D5 v', reply: 'VA 1\n0' },
    },
  ],
};

export const REPLY_TEXTS: Readonly<Record<keyof typeof REPLIES, ReplyText>> = {
  stored: {
    meaning: 'The value is stored.',
    uses: [
      {
        commands: ['set', 'add', 'replace', 'append', 'prepend', 'cas'],
        meaning: 'The item has the new value.',
        example: { before: '', request: 'set lang 0 0 2\nen', reply: 'STORED' },
      },
      {
        commands: ['set'],
        meaning:
          'On a server with passwords (-Y), to the first set of a connection: the client has logged in. Nothing is stored.',
        example: { before: '$ isocached -Y', request: 'set login 0 0 10\nann secret\nget login', reply: 'STORED\nEND' },
      },
    ],
  },
  notStored: {
    meaning: "The command's condition does not hold; nothing has changed.",
    uses: [
      {
        commands: ['add'],
        meaning: 'The key has an item already.',
        example: { before: 'set lang 0 0 2\nen', request: 'add lang 0 0 2\nfr', reply: 'NOT_STORED' },
      },
      {
        commands: ['replace'],
        meaning: 'The key has no item.',
        example: { before: '', request: 'replace lang 0 0 2\nfr', reply: 'NOT_STORED' },
      },
      {
        commands: ['append', 'prepend'],
        meaning: 'The key has no item, or old and new value together are too large, or there is no memory for them.',
        example: { before: '', request: 'append log 0 0 2\na,', reply: 'NOT_STORED' },
      },
    ],
  },
  exists: {
    meaning: 'Somebody has changed the item in the meantime; nothing has changed.',
    uses: [
      {
        commands: ['cas'],
        meaning: 'The item has another cas unique. Read it again with gets, and decide anew.',
        example: { before: 'ms lang 2 E42\nen', request: 'cas lang 0 0 2 41\nfr', reply: 'EXISTS' },
      },
    ],
  },
  notFound: {
    meaning: 'The key has no item; nothing has changed.',
    uses: [
      {
        commands: ['cas', 'incr', 'decr', 'touch', 'delete'],
        meaning: 'The key has no item, or it has expired or been evicted.',
        example: { before: '', request: 'incr hits 1', reply: 'NOT_FOUND' },
      },
    ],
  },
  deleted: {
    meaning: 'The item is gone.',
    uses: [
      {
        commands: ['delete'],
        meaning: 'The item was there, and is gone.',
        example: { before: 'set lang 0 0 2\nen', request: 'delete lang', reply: 'DELETED' },
      },
    ],
  },
  touched: {
    meaning: 'The item has the new exptime.',
    uses: [
      {
        commands: ['touch'],
        meaning: 'The item has the new exptime.',
        example: { before: 'set lang 0 0 2\nen', request: 'touch lang 60', reply: 'TOUCHED' },
      },
    ],
  },
  ok: {
    meaning: 'Done.',
    uses: [
      {
        commands: [
          'flush_all',
          'flush_prefix',
          'verbosity',
          'stats',
          'cache_memlimit',
          'lru_crawler',
          'lru',
          'slabs',
          'extstore',
          'refresh_certs',
        ],
        meaning: 'Done; or, of a setting that is there for tools only, kept. Before a dump: its lines follow.',
        example: { before: '', request: 'verbosity 1', reply: 'OK' },
      },
    ],
  },
  end: {
    meaning: 'The end of a reply of several lines.',
    uses: [
      {
        commands: ['get', 'gets', 'gat', 'gats'],
        meaning: 'All values have been sent. If it comes alone, no key had an item.',
        example: { before: '', request: 'get lang', reply: 'END' },
      },
      {
        commands: ['stats', 'lru_crawler'],
        meaning: 'All lines have been sent.',
        example: { before: '', request: 'lru_crawler metadump all', reply: 'OK\nEND' },
      },
    ],
  },
};

export const META_CODE_TEXTS: Readonly<Record<keyof typeof META_CODES, ReplyText>> = {
  done: {
    meaning: 'Done; no value follows. The flags that were asked for do.',
    uses: [
      {
        commands: ['mg'],
        meaning: 'The item is there, and its value was not asked for, or C says that the client has it.',
        example: { before: 'ms lang 2 F5\nen', request: 'mg lang f', reply: 'HD f5' },
      },
      {
        commands: ['ms'],
        meaning: 'The value is stored.',
        example: { before: '', request: 'ms lang 2\nen', reply: 'HD' },
      },
      {
        commands: ['md'],
        meaning: 'The item is removed, stale or empty, as was asked.',
        example: { before: 'ms lang 2\nen', request: 'md lang', reply: 'HD' },
      },
      {
        commands: ['ma'],
        meaning: 'The number has changed, or was created. v would show it.',
        example: { before: 'ms hits 2\n41', request: 'ma hits', reply: 'HD' },
      },
    ],
  },
  value: {
    meaning: "The value's length, the flags, and the value on a line of its own.",
    uses: [
      {
        commands: ['mg'],
        meaning: "The item's value.",
        example: { before: 'ms lang 2 F5\nen', request: 'mg lang v f', reply: 'VA 2 f5\nen' },
      },
      {
        commands: ['ma'],
        meaning: 'The new number.',
        example: { before: 'ms hits 2\n41', request: 'ma hits v', reply: 'VA 2\n42' },
      },
    ],
  },
  miss: {
    meaning: 'A miss: the key has no item.',
    uses: [
      {
        commands: ['mg'],
        meaning: 'The key has no item. O and k come back; q leaves the reply out.',
        example: { before: '', request: 'mg lang v O17 k', reply: 'EN O17 klang' },
      },
      { commands: ['me'], meaning: 'The key has no item.', example: { before: '', request: 'me lang', reply: 'EN' } },
      {
        commands: ['lru_crawler'],
        meaning: 'lru_crawler mgdump: all items have been listed.',
        example: { before: '', request: 'lru_crawler mgdump all', reply: 'OK\nEN' },
      },
    ],
  },
  notFound: {
    meaning: 'The key has no item; nothing has changed.',
    uses: [
      {
        commands: ['ms'],
        meaning: 'C was given, and the key has no item.',
        example: { before: '', request: 'ms lang 2 C42\nen', reply: 'NF' },
      },
      {
        commands: ['md'],
        meaning: 'There was nothing to remove.',
        example: { before: '', request: 'md lang', reply: 'NF' },
      },
      {
        commands: ['ma'],
        meaning: 'The key has no item, and N was not given.',
        example: { before: '', request: 'ma hits', reply: 'NF' },
      },
    ],
  },
  notStored: {
    meaning: "The mode's condition does not hold; nothing has changed.",
    uses: [
      {
        commands: ['ms'],
        meaning: 'ME found an item; MR, MA or MP found none; or the whole value of MA or MP cannot be kept.',
        example: { before: 'ms lang 2\nen', request: 'ms lang 2 ME\nfr', reply: 'NS' },
      },
    ],
  },
  exists: {
    meaning: 'Somebody has changed the item in the meantime; nothing has changed.',
    uses: [
      {
        commands: ['ms', 'md', 'ma'],
        meaning: "The item's cas unique is not that of C.",
        example: { before: 'ms lang 2 E42\nen', request: 'md lang C41', reply: 'EX' },
      },
    ],
  },
  noop: {
    meaning: 'The reply to mn.',
    uses: [
      {
        commands: ['mn'],
        meaning: 'Everything that was sent before has been done, and its replies have been sent.',
        example: { before: '', request: 'mn', reply: 'MN' },
      },
    ],
  },
};

export const REPLY_LINES: readonly ReplyLine[] = [
  {
    form: 'VALUE <key> <client flags> <length> [<cas unique>]',
    commands: ['get', 'gets', 'gat', 'gats'],
    meaning: 'An item; its value follows, on a line of its own. gets and gats have the cas unique.',
    example: { before: 'ms lang 2 F5 E42\nen', request: 'gets lang', reply: 'VALUE lang 5 2 42\nen\nEND' },
  },
  {
    form: '<number>',
    commands: ['incr', 'decr'],
    meaning: 'The new number.',
    example: { before: 'set hits 0 0 2\n41', request: 'incr hits 1', reply: '42' },
  },
  {
    form: 'ME <key> <fact>=<value> ...',
    commands: ['me'],
    meaning: 'What the store knows of the item.',
    example: {
      before: 'ms lang 2 E42\nen',
      request: 'me lang',
      reply: 'ME lang exp=-1 la=0 cas=42 fetch=no cls=1 size=65',
    },
  },
  {
    form: 'VERSION <version>',
    commands: ['version'],
    meaning: 'The version of memcached whose protocol this is.',
    example: { before: '', request: 'version', reply: 'VERSION 1.6.45' },
  },
  {
    form: 'STAT <name> <value>',
    commands: ['stats'],
    meaning: 'One figure or setting.',
    example: { before: '', request: 'stats sizes', reply: 'STAT sizes_status disabled\nEND' },
  },
  {
    form: 'RESET',
    commands: ['stats'],
    meaning: 'stats reset has set the counters back.',
    example: { before: '', request: 'stats reset', reply: 'RESET' },
  },
  {
    form: 'PREFIX <prefix> get <n> hit <n> set <n> del <n>',
    commands: ['stats'],
    meaning: 'stats detail dump: what was asked of the keys with this prefix.',
    example: {
      before: 'stats detail on\nget user:1',
      request: 'stats detail dump',
      reply: 'PREFIX user get 1 hit 0 set 0 del 0\nEND',
    },
  },
  {
    form: 'ITEM <key> [<length> b; <exptime> s]',
    commands: ['stats'],
    meaning: 'stats cachedump: an item. An exptime of 0: it never expires.',
    example: { before: 'set lang 0 0 2\nen', request: 'stats cachedump 1 10', reply: 'ITEM lang [2 b; 0 s]\nEND' },
  },
  {
    form: 'key=<key> <fact>=<value> ...',
    commands: ['lru_crawler'],
    meaning: 'lru_crawler metadump: an item. exp is the unix time of its end, or -1; la is that of its last access.',
    example: {
      before: 'ms lang 2 E42\nen',
      request: 'lru_crawler metadump all',
      reply: 'OK\nkey=lang exp=-1 la=1800000000 cas=42 fetch=no cls=1 size=65 flags=0 \nEND',
    },
  },
  {
    form: 'mg <key> [b]',
    commands: ['lru_crawler'],
    meaning: 'lru_crawler mgdump: an item, as the command that reads it. EN ends the list.',
    example: { before: 'set lang 0 0 2\nen', request: 'lru_crawler mgdump all', reply: 'OK\nmg lang\nEN' },
  },
  {
    form: '(none: noreply)',
    commands: [
      'set',
      'add',
      'replace',
      'append',
      'prepend',
      'cas',
      'incr',
      'decr',
      'touch',
      'delete',
      'flush_all',
      'flush_prefix',
      'verbosity',
      'cache_memlimit',
    ],
    meaning: 'noreply as the last word leaves out the outcome, and most errors.',
    example: { before: '', request: 'set lang 0 0 2 noreply\nen\nget lang', reply: 'VALUE lang 0 2\nen\nEND' },
  },
  {
    form: '(none: the connection closes)',
    commands: ['quit', 'shutdown'],
    meaning: 'As asked for.',
    example: { before: '', request: 'quit', reply: '' },
  },
  {
    form: '(none: the connection closes)',
    commands: [],
    meaning:
      'The line cannot be a command: it has more than 2048 bytes (get and gets may have more), or is an HTTP request.',
    example: { before: '', request: 'GET / HTTP/1.1', reply: '' },
  },
];

/** Flags that only replies have. */
export const MARK_TEXTS: readonly ReplyLine[] = [
  {
    form: 'W',
    commands: ['mg'],
    meaning: 'Won: this client may compute the value anew. Who asks meanwhile, itself too, sees Z.',
    example: { before: '', request: 'mg lang v N30', reply: 'VA 0 W\n' },
  },
  {
    form: 'X',
    commands: ['mg'],
    meaning: 'The item is stale: md I has marked it, or ms I has stored it with an older cas unique.',
    example: { before: 'ms lang 2\nen\nmd lang I', request: 'mg lang v', reply: 'VA 2 X W\nen' },
  },
  {
    form: 'Z',
    commands: ['mg'],
    meaning:
      'Somebody has won already, maybe this client itself: the value is being computed. Use what is here, or wait.',
    example: { before: 'mg lang v N30', request: 'mg lang v N30', reply: 'VA 0 Z\n' },
  },
];

export const ERROR_TEXTS: Readonly<Record<ErrorName, ErrorText>> = {
  error: {
    when: 'There is no such command or sub-command, or it has a number of words that does not fit.',
    remedy: 'Correct the command. Names are in small letters.',
    example: { before: '', request: 'GET lang', reply: 'ERROR' },
  },
  badFormat: {
    when: 'A word is missing, a number is none, or a key has more than 250 bytes.',
    remedy:
      "Compare the line with the command's form. A value whose length could be read is skipped; one whose length could not is read as commands.",
    example: {
      before: '',
      request: 'set lang 0 0\nget',
      reply: 'CLIENT_ERROR bad command line format\nCLIENT_ERROR bad command line format',
    },
  },
  badRetrievalKey: {
    when: "A key of get, gets, gat or gats has more than 250 bytes. No key of the line is answered. The reply ends with an empty line, as memcached's does.",
    remedy: 'Shorten the key, for instance with a hash.',
    example: { before: '', request: 'get <251 bytes>', reply: 'CLIENT_ERROR bad command line format\n' },
  },
  badDeleteUsage: {
    when: 'delete has a second word that is neither 0 nor noreply.',
    remedy: 'Leave it out: delete has no delay.',
    example: {
      before: '',
      request: 'delete lang 5',
      reply: 'CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]',
    },
  },
  badDataChunk: {
    when: 'The value is not followed by a line end where its length says: length and value do not agree. What is too much is read as commands.',
    remedy: 'Send the length in bytes, not in characters. The connection may be out of step: close it.',
    example: { before: '', request: 'set lang 0 0 2\nenglish', reply: 'CLIENT_ERROR bad data chunk\nERROR' },
  },
  badExptime: {
    when: 'The exptime of touch, gat or gats, or the delay of flush_all, is no number or too large.',
    remedy: 'Send seconds: 0 never expires, up to 30 days count from now, more is a unix time.',
    example: { before: '', request: 'touch lang soon', reply: 'CLIENT_ERROR invalid exptime argument' },
  },
  badDelta: {
    when: 'The delta of incr or decr is no number of 64 bits.',
    remedy: 'Send a number from 0 to 18446744073709551615; to subtract, use decr.',
    example: { before: '', request: 'incr hits -1', reply: 'CLIENT_ERROR invalid numeric delta argument' },
  },
  nonNumeric: {
    when: 'The value that incr, decr or ma is to change is no decimal number.',
    remedy: 'Store the number as digits, and without compression.',
    example: {
      before: 'set lang 0 0 2\nen',
      request: 'incr lang 1',
      reply: 'CLIENT_ERROR cannot increment or decrement non-numeric value',
    },
  },
  tooManyFlags: {
    when: 'The line of a meta command has more than 20 words.',
    remedy: 'Leave out flags.',
    example: {
      before: '',
      request: 'mg lang b c f h k l q s t u v C1 E1 N1 O1 R1 T1 L P',
      reply: 'CLIENT_ERROR options flags are too long',
    },
  },
  duplicateFlag: {
    when: 'A flag of mg, ms or md stands twice in the line, or its letter is no ASCII.',
    remedy: 'Send it once.',
    example: { before: '', request: 'mg lang v v', reply: 'CLIENT_ERROR duplicate flag' },
  },
  invalidFlag: {
    when: 'A letter of mg, ms or md is no flag.',
    remedy: "Large and small letters are different flags; a flag's argument follows without a space.",
    example: { before: '', request: 'mg lang z', reply: 'CLIENT_ERROR invalid flag' },
  },
  invalidOrDuplicateFlag: {
    when: 'The same of ma: an unknown or repeated flag; and a flag with a bad argument, or a key that is too long.',
    remedy: 'Check key, letters and numbers.',
    example: {
      before: '',
      request: 'ma hits z\nma hits Dmany',
      reply: 'CLIENT_ERROR invalid or duplicate flag\nCLIENT_ERROR invalid or duplicate flag',
    },
  },
  badToken: {
    when: 'The argument of C, E, N, R or T is no number, or too large, on mg, ms or md.',
    remedy: 'Send digits right after the letter: T60.',
    example: { before: '', request: 'mg lang Tsoon', reply: 'CLIENT_ERROR bad token in command line format' },
  },
  badMetaDelta: {
    when: 'The argument of D is no number of 64 bits, on mg, ms or md, which otherwise ignore D.',
    remedy: 'Send digits right after the letter; D belongs to ma.',
    example: { before: '', request: 'mg lang Dmany', reply: 'CLIENT_ERROR invalid numeric delta value' },
  },
  badMetaInitial: {
    when: 'The argument of J is no number of 64 bits, on mg, ms or md, which otherwise ignore J.',
    remedy: 'Send digits right after the letter; J belongs to ma.',
    example: { before: '', request: 'mg lang Jmany', reply: 'CLIENT_ERROR invalid numeric initial value' },
  },
  badBase64Key: {
    when: 'b is given, and the key is not base64.',
    remedy: 'Encode the key with the standard alphabet, padded with =; or leave out b.',
    example: { before: '', request: 'mg key b', reply: 'CLIENT_ERROR error decoding key' },
  },
  opaqueTooLong: {
    when: 'The opaque has more than 31 bytes. mg and ma have done their work all the same, ms and md have not.',
    remedy: 'Send a short number as the opaque.',
    example: {
      before: 'ms lang 2\nen',
      request: 'mg lang O12345678901234567890123456789012',
      reply: 'CLIENT_ERROR opaque token too long',
    },
  },
  badSetMode: {
    when: 'The letter after M is none of S, E, R, A and P.',
    remedy: 'Send one of these, as a capital.',
    example: { before: '', request: 'ms lang 2 MZ\nen', reply: 'CLIENT_ERROR invalid mode for ms M token' },
  },
  badArithmeticMode: {
    when: 'The letter after M is none of I, +, D and -.',
    remedy: 'Send one of these.',
    example: { before: '', request: 'ma hits MZ', reply: 'CLIENT_ERROR invalid mode for ma M token' },
  },
  unauthenticated: {
    when: 'The server has passwords (-Y), and the client has not logged in.',
    remedy: 'Log in first: a set with any key, and "<user> <password>" as its value.',
    example: { before: '$ isocached -Y', request: 'get lang', reply: 'CLIENT_ERROR unauthenticated' },
  },
  loginFailed: {
    when: 'There is no such user, or the password is wrong. The tenth time the connection closes.',
    remedy: 'Check user and password.',
    example: {
      before: '$ isocached -Y',
      request: 'set login 0 0 9\nann wrong',
      reply: 'CLIENT_ERROR authentication failure',
    },
  },
  badLoginFormat: {
    when: 'The value of the set that logs in has no space.',
    remedy: 'Send "<user> <password>".',
    example: {
      before: '$ isocached -Y',
      request: 'set login 0 0 3\nann',
      reply: 'CLIENT_ERROR bad authentication token format',
    },
  },
  badTermination: {
    when: 'The value of the set that logs in does not end where its length says.',
    remedy: 'Send the length of user, space and password together, in bytes.',
    example: {
      before: '$ isocached -Y',
      request: 'set login 0 0 3\nann secret',
      reply: 'CLIENT_ERROR bad command line termination\nCLIENT_ERROR unauthenticated',
    },
  },
  tooLarge: {
    when: 'The item is larger than -I allows. set and ms have removed the old value, so that nobody reads it as the new one.',
    remedy: 'Store less, compress it, or raise -I.',
    example: {
      before: '$ isocached -I 1k',
      request: 'set big 0 0 2000\n<2000 bytes>',
      reply: 'SERVER_ERROR object too large for cache',
    },
  },
  noMemoryStoring: {
    when: 'There is no memory for the item: the cache is full and may not evict (-M), or replies and uploads hold what there is. set has removed the old value.',
    remedy: 'Delete items, raise -m, or run without -M.',
    example: {
      before: '$ isocached -M\n# the memory is full',
      request: 'set lang 0 0 2\nen',
      reply: 'SERVER_ERROR out of memory storing object',
    },
  },
  noMemory: {
    when: 'The same of incr, decr and ma that make the number longer or create it, and of md x.',
    remedy: 'Delete items, raise -m, or run without -M.',
    example: {
      before: '$ isocached -M\n# the memory is full',
      request: 'ma hits N0 J100',
      reply: 'SERVER_ERROR out of memory',
    },
  },
  tooManyConnections: {
    when: 'As many clients are connected as -c allows. The connection closes.',
    remedy: 'Use fewer connections, or raise -c.',
    example: {
      before: '$ isocached -c 1\n# another client is connected',
      request: 'version',
      reply: 'ERROR Too many open connections',
    },
  },
  badPrefix: {
    when: 'The argument of flush_prefix is longer than 249 bytes, or holds the delimiter or a zero byte. No key has that prefix.',
    remedy: 'Send what is before the first delimiter of the keys.',
    example: { before: '', request: 'flush_prefix user:', reply: 'CLIENT_ERROR bad prefix' },
  },
  tooManyPrefixes: {
    when: 'So many prefixes were flushed lately that the server cannot remember another one, or it has no memory for it. Some of the items may be gone.',
    remedy:
      'Try again in some seconds, or, with a flash tier, when its oldest regions have been used again; or delete the keys, or flush_all.',
    example: {
      before: '$ isocached -M\n# the memory is full',
      request: 'flush_prefix user',
      reply: 'SERVER_ERROR too many flushed prefixes',
    },
  },
  flushNotAllowed: {
    when: 'The server runs with -F. It refuses flush_prefix in the same words.',
    remedy: 'Run it without -F, if clients may remove everything.',
    example: { before: '$ isocached -F', request: 'flush_all', reply: 'CLIENT_ERROR flush_all not allowed' },
  },
  memoryTooSmall: {
    when: 'cache_memlimit has a number below 8.',
    remedy: 'Send MiB.',
    example: {
      before: '',
      request: 'cache_memlimit 7',
      reply: 'MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m',
    },
  },
  memoryNotInBytes: {
    when: 'cache_memlimit has a number above 1000000000.',
    remedy: 'Send MiB.',
    example: {
      before: '',
      request: 'cache_memlimit 1073741824',
      reply: 'MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes',
    },
  },
  memoryNotAdjusted: {
    when: 'The limit of cache_memlimit is more than this build can address, or too little for what is stored and may not be evicted.',
    remedy: 'Choose another limit.',
    example: {
      before: '',
      request: 'cache_memlimit 1000000000',
      reply: 'MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust',
    },
  },
  tlsNotEnabled: {
    when: 'refresh_certs, and the server runs without -Z.',
    remedy: 'There is nothing to refresh.',
    example: { before: '', request: 'refresh_certs', reply: 'Error TLS not enabled' },
  },
  watchFailed: {
    when: 'watch, and there is no memory for another watcher. The npm package has no watchers at all.',
    remedy: 'Poll stats instead.',
    example: {
      before: '# a server that cannot be watched',
      request: 'watch',
      reply: 'WATCHER_FAILED failed to add log watcher',
    },
  },
  watchersTooMany: {
    when: 'watch, and 20 connections watch already.',
    remedy: 'Let several readers share one watcher.',
    example: { before: '# 20 clients watch', request: 'watch', reply: 'WATCHER_TOO_MANY log watcher limit reached' },
  },
  watchNotAllowed: {
    when: 'The server runs with -W.',
    remedy: 'Run it without -W.',
    example: { before: '$ isocached -W', request: 'watch', reply: 'CLIENT_ERROR watch commands not allowed' },
  },
  shutdownNotEnabled: {
    when: 'shutdown, and the server runs without -A.',
    remedy: 'End the process with a signal, or run it with -A.',
    example: { before: '', request: 'shutdown', reply: 'SERVER_ERROR: shutdown not enabled' },
  },
  badShutdownMode: {
    when: 'shutdown has a word other than graceful.',
    remedy: 'Send shutdown or shutdown graceful.',
    example: { before: '$ isocached -A', request: 'shutdown now', reply: 'CLIENT_ERROR invalid shutdown mode' },
  },
  crawlerDisabled: {
    when: 'A dump or a crawl, after lru_crawler disable.',
    remedy: 'Send lru_crawler enable.',
    example: {
      before: 'lru_crawler disable',
      request: 'lru_crawler metadump all',
      reply: 'CLIENT_ERROR lru crawler disabled',
    },
  },
  crawlerRuns: {
    when: 'lru_crawler enable, and it is enabled already.',
    remedy: 'Nothing: it is as asked for.',
    example: { before: '', request: 'lru_crawler enable', reply: 'ERROR failed to start lru crawler thread' },
  },
  badClass: {
    when: 'The classes of a dump or a crawl are no numbers from 1 to 63.',
    remedy: 'Send all.',
    example: { before: '', request: 'lru_crawler metadump 99', reply: 'BADCLASS invalid class id' },
  },
  metadumpNotAllowed: {
    when: 'metadump or mgdump, and the server runs with -X.',
    remedy: 'Run it without -X, if clients may see all keys.',
    example: { before: '$ isocached -X', request: 'lru_crawler metadump all', reply: 'ERROR metadump not allowed' },
  },
  sleepTooLong: {
    when: 'lru_crawler sleep has a number above 1000000.',
    remedy: 'Send microseconds.',
    example: {
      before: '',
      request: 'lru_crawler sleep 2000000',
      reply: 'CLIENT_ERROR sleep must be one second or less',
    },
  },
  detailNotAllowed: {
    when: 'The server runs with -X.',
    remedy: 'Run it without -X, if clients may see prefixes of keys.',
    example: { before: '$ isocached -X', request: 'stats detail dump', reply: 'CLIENT_ERROR stats detail not allowed' },
  },
  badDetailUsage: {
    when: 'stats detail has none of these words.',
    remedy: 'Send one of them.',
    example: { before: '', request: 'stats detail', reply: 'CLIENT_ERROR usage: stats detail on|off|dump' },
  },
  cachedumpNotAllowed: {
    when: 'The server runs with -X.',
    remedy: 'Run it without -X, if clients may see all keys.',
    example: {
      before: '$ isocached -X',
      request: 'stats cachedump 1 10',
      reply: 'CLIENT_ERROR stats cachedump not allowed',
    },
  },
  badCachedumpUsage: {
    when: 'stats cachedump without a class or a number of items.',
    remedy: 'Send both.',
    example: { before: '', request: 'stats cachedump 1', reply: 'CLIENT_ERROR bad command line' },
  },
  illegalClass: {
    when: 'stats cachedump has a class above 63.',
    remedy: 'Send a class that stats items shows.',
    example: { before: '', request: 'stats cachedump 64 10', reply: 'CLIENT_ERROR Illegal slab id' },
  },
  lruSharesTooLarge: {
    when: 'lru tune has shares that are more than 80 % together.',
    remedy: 'Send smaller ones; they have no effect here.',
    example: { before: '', request: 'lru tune 50 40 0.2 2.0', reply: 'ERROR hot and warm pcts must not exceed 80' },
  },
  lruFactorsTooSmall: {
    when: 'lru tune has a factor of 0.',
    remedy: 'Send larger ones; they have no effect here.',
    example: {
      before: '',
      request: 'lru tune 10 30 0 2.0',
      reply: 'ERROR hot/warm age factors must be greater than 0',
    },
  },
  reassignDisabled: {
    when: 'slabs reassign, and the server runs with -o no_slab_reassign.',
    remedy: 'Nothing: there are no slab pages to move.',
    example: {
      before: '$ isocached -o no_slab_reassign',
      request: 'slabs reassign 1 2',
      reply: 'CLIENT_ERROR slab reassignment disabled',
    },
  },
  badReassignClass: {
    when: 'slabs reassign has a class that cannot be.',
    remedy: 'Nothing: there are no slab pages to move.',
    example: { before: '', request: 'slabs reassign 1 99', reply: 'BADCLASS invalid src or dst class id' },
  },
  sameClass: {
    when: 'slabs reassign has the same class twice.',
    remedy: 'Nothing: there are no slab pages to move.',
    example: { before: '', request: 'slabs reassign 1 1', reply: 'SAME src and dst class are identical' },
  },
  noSparePages: {
    when: 'slabs reassign, always.',
    remedy: 'Nothing: there are no slab pages to move.',
    example: { before: '', request: 'slabs reassign 1 2', reply: 'NOSPARE source class has no spare pages' },
  },
};
