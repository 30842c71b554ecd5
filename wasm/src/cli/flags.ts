// The flags of `npx isocache`. They are memcached's. A flag without a meaning here is accepted with a note. A flag is
// refused if clients would get something else without it, or if others could connect.

import type { Protocol } from '../server/index.js';
import { MAX_TIER_BYTES, MIN_TIER_BYTES } from '../tier/limits.js';
import { type FlagName, UsageError } from './getopt.js';

/** What a command line asks for. */
export interface Settings {
  show: 'help' | 'version' | 'license' | undefined;
  port: number | undefined;
  /** Where to listen: `host` or `host:port`. */
  listen: string[];
  unixSocket: string | undefined;
  unixMask: number;
  websocketPort: number | undefined;
  origins: string[];
  maxBytes: number | undefined;
  maxItemSize: number | undefined;
  /** The file of the tier. */
  tierFile: { path: string; bytes: number } | undefined;
  /** Arguments of the command `extstore`. */
  tierTuning: string[];
  maxConnections: number | undefined;
  protocol: Protocol;
  flushDisabled: boolean;
  dumpDisabled: boolean;
  verbosity: number;
  daemon: boolean;
  user: string | undefined;
  pidFile: string | undefined;
  /** What was accepted without effect, and why. */
  notes: string[];
}

export function defaultSettings(): Settings {
  return {
    show: undefined,
    port: undefined,
    listen: [],
    unixSocket: undefined,
    unixMask: 0o700,
    websocketPort: undefined,
    origins: [],
    maxBytes: undefined,
    maxItemSize: undefined,
    tierFile: undefined,
    tierTuning: [],
    maxConnections: undefined,
    protocol: 'auto',
    flushDisabled: false,
    dumpDisabled: false,
    verbosity: 0,
    daemon: false,
    user: undefined,
    pidFile: undefined,
    notes: [],
  };
}

export interface Flag extends FlagName {
  readonly help: string;
  apply(settings: Settings, value: string, as: string): void;
}

const KIB = 1 << 10;
const MIB = 1 << 20;
const GIB = 1 << 30;
const TIB = 2 ** 40;
const MAX_MIB = 4032;
const MAX_PORT = 65535;
const MAX_COUNT = 1 << 24;
const MAX_MODE = 0o777;
const MAX_UINT32 = 2 ** 32 - 1;

// ---------------------------------------------------------------- values

function wholeNumber(as: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${as}: a number from ${least} to ${most}, not ${text}`);
}

/** "512k" to bytes. */
function itemSize(as: string, text: string): number {
  const unit = { k: KIB, m: MIB, g: GIB }[text.slice(-1).toLowerCase()];
  const bytes = wholeNumber(as, unit === undefined ? text : text.slice(0, -1), 1, GIB) * (unit ?? 1);
  if (bytes >= KIB && bytes <= GIB) return bytes;
  throw new UsageError(`${as}: a size from 1k to 1g, not ${text}`);
}

/** "/mnt/nvme/cache:64g" of memcached's `ext_path`. */
function tierFile(as: string, text: string): { path: string; bytes: number } {
  const [, path, size = '', letter = ''] = /^(.+?):(\d+)([mgt])(?::[a-z_]+)?$/i.exec(text) ?? [];
  const unit = { m: MIB, g: GIB, t: TIB }[letter.toLowerCase()];
  const bytes = Number(size) * (unit ?? 0);
  if (path !== undefined && bytes >= MIN_TIER_BYTES && bytes <= MAX_TIER_BYTES) return { path, bytes };
  throw new UsageError(`${as} ext_path: FILE:SIZE, with a size from 1m to 1t, not ${text}`);
}

function octal(as: string, text: string): number {
  const mode = /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  if (mode <= MAX_MODE) return mode;
  throw new UsageError(`${as}: an access mode in octal, such as 700, not ${text}`);
}

function protocolOf(as: string, text: string): Protocol {
  if (text === 'ascii' || text === 'binary' || text === 'auto') return text;
  if (text === 'auto-negotiate') return 'auto';
  throw new UsageError(`${as}: auto, ascii or binary, not ${text}`);
}

// ---------------------------------------------------------------- the table

type Apply = Flag['apply'];

const ignored =
  (why: string): Apply =>
  ({ notes }, value, as) => {
    notes.push(`${value === '' ? as : `${as} ${value}`}: ${why}; ignored`);
  };

const refused =
  (why: string): Apply =>
  (_, __, as) => {
    throw new UsageError(`${as}: ${why}`);
  };

const flag = (letter: string, name: string, value: string, help: string, apply: Apply): Flag => ({
  ...(letter === '' ? {} : { letter }),
  name,
  ...(value === '' ? {} : { value }),
  help,
  apply,
});

/** Accepted, because command lines of memcached have it; the help says why it does nothing, and so does a note. */
const withoutEffect = (letter: string, name: string, value: string, why: string): Flag =>
  flag(letter, name, value, why, ignored(why));

const LISTENING: readonly Flag[] = [
  flag('p', 'port', 'PORT', 'TCP port (default 11211; 0: any free one)', (s, v, as) => {
    s.port = wholeNumber(as, v, 0, MAX_PORT);
  }),
  flag(
    'l',
    'listen',
    'ADDRESS',
    'listen on this address, or address:port (default 127.0.0.1); separate several by commas',
    (s, v) => {
      s.listen.push(...v.split(',').filter((one) => one !== ''));
    },
  ),
  flag(
    's',
    'unix-socket',
    'PATH',
    'listen on this unix socket; this turns TCP off unless -p or -l is given too',
    (s, v) => {
      s.unixSocket = v;
    },
  ),
  flag('a', 'unix-mask', 'MODE', 'access mode of the unix socket, octal (default 700)', (s, v, as) => {
    s.unixMask = octal(as, v);
  }),
  flag('B', 'protocol', 'NAME', 'what clients may speak: ascii (text and meta), binary or auto', (s, v, as) => {
    s.protocol = protocolOf(as, v);
  }),
  flag('w', 'websocket', 'PORT', 'serve WebSocket (/memcached) on this port too; needs the package ws', (s, v, as) => {
    s.websocketPort = wholeNumber(as, v, 0, MAX_PORT);
  }),
  flag(
    '',
    'origin',
    'ORIGIN',
    "let pages of this origin open a WebSocket; '*' allows any; repeat the flag for several",
    (s, v) => {
      s.origins.push(v);
    },
  ),
];

const LIMITS: readonly Flag[] = [
  flag('m', 'memory-limit', 'MIB', 'memory for items and their index, in megabytes (default 64)', (s, v, as) => {
    s.maxBytes = wholeNumber(as, v, 1, MAX_MIB) * MIB;
  }),
  flag('I', 'max-item-size', 'SIZE', 'largest item: 1k to 1g, at most half of -m (default 1m)', (s, v, as) => {
    s.maxItemSize = itemSize(as, v);
  }),
  flag('c', 'conn-limit', 'COUNT', 'largest number of connections at a time (default 1024)', (s, v, as) => {
    s.maxConnections = wholeNumber(as, v, 1, MAX_COUNT);
  }),
  flag(
    'o',
    'extended',
    'WORDS',
    'ext_path=FILE:SIZE keeps items that -m has no room for in this file; ext_item_size (default 0), ext_low_ttl and ext_recache_rate tune that; other words have no effect',
    extended,
  ),
  flag('F', 'disable-flush-all', '', 'refuse flush_all and flush_prefix', (s) => {
    s.flushDisabled = true;
  }),
  flag('X', 'disable-dumping', '', 'refuse metadump, mgdump, stats cachedump and stats detail', (s) => {
    s.dumpDisabled = true;
  }),
];

/** Words of -o that tune the tier. */
const TIER_TUNING = ['ext_item_size', 'ext_low_ttl', 'ext_recache_rate'];

/** Words behind -o, of which those of the tier mean something here. */
function extended(settings: Settings, value: string, as: string): void {
  const rest = [];
  for (const word of value.split(',')) {
    const [name = '', ...path] = word.split('=');
    if (TIER_TUNING.includes(name)) {
      const number = wholeNumber(`${as} ${name}`, path.join('='), 0, MAX_UINT32);
      settings.tierTuning.push(`${name.slice('ext_'.length)} ${number}`);
    } else if (name !== 'ext_path') rest.push(word);
    else if (settings.tierFile !== undefined) throw new UsageError(`${as} ext_path: there can be one`);
    else settings.tierFile = tierFile(as, path.join('='));
  }
  if (rest.length > 0) ignored('there is nothing to tune')(settings, rest.join(','), as);
}

const PROCESS: readonly Flag[] = [
  flag('v', 'verbose', '', 'log more to stderr: -v errors, -vv also commands', (s) => {
    ++s.verbosity;
  }),
  flag('d', 'daemon', '', 'run in the background; the command returns when the server is ready', (s) => {
    s.daemon = true;
  }),
  flag('u', 'user', 'USER', 'run as this user (if started as root)', (s, v) => {
    s.user = v;
  }),
  flag('P', 'pidfile', 'PATH', 'write the process id to this file', (s, v) => {
    s.pidFile = v;
  }),
  flag('h', 'help', '', 'print this help and exit', (s) => {
    s.show = 'help';
  }),
  flag('V', 'version', '', 'print the version and exit', (s) => {
    s.show ??= 'version';
  }),
  flag('i', 'license', '', 'print the license and exit', (s) => {
    s.show ??= 'license';
  }),
];

const ACCEPTED: readonly Flag[] = [
  flag('U', 'udp-port', 'PORT', '0; there is no UDP', (_, v, as) => {
    if (wholeNumber(as, v, 0, MAX_PORT) !== 0) throw new UsageError(`${as}: UDP is not supported; only 0 is accepted`);
  }),
  withoutEffect('t', 'threads', 'COUNT', 'the server has one thread'),
  withoutEffect('R', 'max-reqs-per-event', 'COUNT', 'a turn is limited in bytes'),
  withoutEffect('b', 'listen-backlog', 'COUNT', "the backlog is Node's default"),
  withoutEffect('C', 'disable-cas', '', 'items always have a cas id'),
  withoutEffect('k', 'lock-memory', '', 'memory is not locked'),
  withoutEffect('L', 'enable-largepages', '', 'large pages are not used'),
  withoutEffect('r', 'enable-coredumps', '', 'the limit on core files does not change'),
  withoutEffect('A', 'enable-shutdown', '', 'the command shutdown is always refused'),
  withoutEffect('W', 'disable-watch', '', 'the command watch is always refused'),
  withoutEffect('D', 'prefix-delimiter', 'CHAR', '"stats detail on" counts by ":"'),
  withoutEffect('f', 'slab-growth-factor', 'NUMBER', 'there are no slabs'),
  withoutEffect('n', 'slab-min-size', 'BYTES', 'there are no slabs'),
  withoutEffect('N', 'napi_ids', 'COUNT', 'the server has one thread'),
];

const REFUSED: readonly Flag[] = [
  flag(
    'M',
    'disable-evictions',
    '',
    'isocached has it',
    refused('this server always evicts; isocached does not have to'),
  ),
  flag('Y', 'auth-file', 'PATH', 'isocached has it', refused('this server has no passwords; isocached has them')),
  flag('Z', 'enable-ssl', '', 'isocached has it', refused('the command line has no TLS; isocached has it')),
  flag('S', 'enable-sasl', '', 'isocached has it', refused('this server has no passwords; isocached has them')),
  flag('e', 'memory-file', 'PATH', 'there is no memory file', refused('a memory file is not supported')),
];

const GROUPS: readonly (readonly [string, readonly Flag[]])[] = [
  ['Listening', LISTENING],
  ['Limits', LIMITS],
  ['Process', PROCESS],
  ["Accepted for memcached's command lines, without effect", ACCEPTED],
  ['Refused', REFUSED],
];

export const FLAGS: readonly Flag[] = GROUPS.flatMap(([, flags]) => flags);

// ---------------------------------------------------------------- help

const HELP_AT = 32;

export function usage(): string {
  const groups = GROUPS.map(([title, flags]) => `${title}:\n${flags.map(helpLine).join('')}`);
  return `usage: isocache [FLAGS]

A cache that speaks memcached's text, meta and binary protocols. The flags are memcached's.

${groups.join('\n')}`;
}

function helpLine({ letter, name, value, help }: Flag): string {
  const names = `  ${letter === undefined ? '   ' : `-${letter},`} --${name}${value === undefined ? '' : ` ${value}`}`;
  return names.length < HELP_AT ? `${names.padEnd(HELP_AT)}${help}\n` : `${names}\n${' '.repeat(HELP_AT)}${help}\n`;
}
