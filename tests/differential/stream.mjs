// Random command streams: every command, every flag, good and bad words, from a seed.
//
// Keys and cas ids are written as {key:NAME}, {bkey:NAME} (base64), {cas:NAME} (the last one seen) and
// {oldcas:NAME} (the one before): each server has its own ids, and each stream its own keys.

import { Random } from '../lib/random.mjs';
import { verdictOf } from './differences.mjs';
import { BASE64, BELOW_2_63, EDGES, EXPTIME_EDGES, OPAQUES, SIGNED_EDGES } from './edges.mjs';
import { newerCommands } from './newer.mjs';

// Arithmetic keeps to keys of its own that never hold an empty or blank value, or one with a zero byte:
// memcached looks for the number past the end of the former, into whatever lies there in memory, and
// takes the latter for the end. Nor a number of 2^63 and more: it then looks for a minus sign, past the end.
const TEXT_KEYS = ['a', 'b', 'long', 'longer'];
const NUMBER_KEYS = ['num', 'cnt'];
const KEYS = [...TEXT_KEYS, ...NUMBER_KEYS];
const BINARY_KEYS = ['bin', 'bin2', 'blong'];
const TOO_LONG = 'k'.repeat(251);
const MUCH_TOO_LONG = 'k'.repeat(1200);

const EXPTIMES = ['0', '0', '0', '100', '2000', '2592000', '-1', '2592001', 'abc', '1e3', '', '3000000000'];
const orEdge = (random, usual, edges) => random.pick(random.oneIn(10) ? edges : usual);
const DELTAS = [
  '1',
  '1',
  '5',
  '10',
  '0',
  '00',
  '4294967295',
  '4294967296',
  '1152921504606846976',
  '18446744073709551616',
  'abc',
  '-1',
  '+3',
  '',
];
const DECR_DELTAS = [...DELTAS, '18446744073709551615'];
const CLIENT_FLAGS = ['0', '0', '0', '5', '123', '4294967295', '4294967296', 'abc', '-1'];
const TTLS = ['0', '100', '2000', '-1', '2592001', 'abc', '', '3000000000'];
const WINDOWS = ['60', '1000', '5000', '0', '-1', 'abc']; // R: never equal to a TTL, so that no second decides
const ODD_LINES = [
  'mn',
  'mn x',
  'bogus',
  'GET a',
  'mset a 1',
  'verbosity 0',
  'verbosity',
  'delete',
  'get',
  'gets',
  'gat',
  'mg',
  'md',
  'ma',
  'ms',
  'incr',
  'touch',
  '',
  'me nosuchkey',
  'cache_memlimit',
  'stats nosuch',
  'slabs foo',
  'lru foo',
  'flush_all abc',
  'flush_all 0 0 0',
  'mn 18446744073709551616 q k O1',
  'version 1',
  'gat 1e3 a b',
  'gats',
  'touch a',
  'verbosity abc',
];
const NO_SUCH_CAS = '99999999';

function value(random, name) {
  const made = anyValue(random);
  const harmless = made.trim() !== '' && !made.includes('\0') && !/\d{19}/.test(made);
  return harmless || TEXT_KEYS.includes(name) ? made : '7';
}

function anyValue(random) {
  switch (random.below(12)) {
    case 0:
      return random.pick(['0', '5', '99', '10', '100', '007', ' 7', '1 ', '-1']);
    case 1:
    case 2:
      return String(random.below(1000));
    case 3:
      return random.pick(['18446744073709551615', '922337203685477580', '4294967295', '123456789012345678901']);
    case 4:
      return random.pick(['', 'abc', 'hello world', '12abc', '\r\n', 'END\r\n', 'VALUE a 0 1\r\nx\r\nEND\r\n', '\0']);
    case 5:
      return 'x'.repeat(random.pick([70, 500, 1500]));
    case 6:
      return random.bytes(random.below(200));
    case 7:
      return random.oneIn(4) ? random.bytes(1).repeat(random.pick([4095, 4097, 16383, 16385, 40000, 70000])) : '7';
    default:
      return random.pick(['1', '2', 'abc', 'value', '42']);
  }
}

const key = (random, names = KEYS, longest = TOO_LONG) => (random.oneIn(40) ? longest : `{key:${random.pick(names)}}`);
const keys = (random, most, longest) =>
  Array.from({ length: random.between(1, most) }, () => key(random, KEYS, longest)).join(' ');
// A line of more than 2,048 bytes is only taken from get and gets (memcached looks when it has no end yet).
const fewKeys = (random) => keys(random, 5);
const manyKeys = (random) => keys(random, random.oneIn(10) ? 60 : 5, random.oneIn(8) ? MUCH_TOO_LONG : TOO_LONG);
const noreply = (random) => (random.oneIn(8) ? ' noreply' : '');

/** The length word for a data block: nearly always right. */
function lengthWord(random, data) {
  if (!random.oneIn(60)) return String(data.length);
  return random.pick(['abc', '-1', '', String(Math.max(0, data.length - 1)), String(Math.max(0, data.length - 3))]);
}

function cas(random, name) {
  return random.pick([
    `{cas:${name}}`,
    `{cas:${name}}`,
    `{oldcas:${name}}`,
    NO_SUCH_CAS,
    '0',
    '18446744073709551615',
    'abc',
    '18446744073709551616',
    random.pick(SIGNED_EDGES),
  ]);
}

function storage(random) {
  const verb = random.pick(['set', 'set', 'set', 'add', 'replace', 'append', 'prepend', 'cas']);
  const name = random.pick(KEYS);
  const made = value(random, name);
  // memcached takes a minus before 20 digits for a number that wraps around.
  const data = verb === 'prepend' && NUMBER_KEYS.includes(name) ? made.replace(/^-/, '') : made;
  const where = random.oneIn(40) ? TOO_LONG : `{key:${name}}`;
  const unique = verb === 'cas' ? ` ${cas(random, name)}` : '';
  const clientFlags = orEdge(random, CLIENT_FLAGS, SIGNED_EDGES);
  const words = [verb, where, clientFlags, orEdge(random, EXPTIMES, EXPTIME_EDGES), lengthWord(random, data)];
  return { line: words.join(' ') + unique + noreply(random), data };
}

/** Picks flags, each at most once (nearly always), in any order. */
function flags(random, choices) {
  const picked = [];
  // The first is the one that a test of it wants, more often than not.
  if (random.oneIn(2)) picked.push(choices[0]());
  for (let n = random.pick([0, 0, 1, 1, 2, 2, 3, 4, 6, 9]); n > 0; --n) picked.push(random.pick(choices)());
  const unique = random.oneIn(25) ? picked : [...new Map(picked.map((flag) => [flag[0], flag])).values()];
  return unique.map((flag) => ` ${flag}`).join('');
}

function metaFlags(random, name) {
  const fixed = (text) => () => text;
  return {
    any: 'bcfhklqstuvIPLx'
      .split('')
      .filter((letter) => letter !== 'b')
      .map(fixed),
    opaque: () => random.pick(OPAQUES),
    bad: () => random.pick(['z', 'S1', '!', 'zz']),
    cas: () => `C${cas(random, name)}`,
    newCas: () => `E${random.pick(['9000000000000001', 'abc'])}`,
    ttl: () => `T${orEdge(random, TTLS, EXPTIME_EDGES)}`,
    stillTtl: () => `T${orEdge(random, TTLS, EXPTIME_EDGES)} D0`,
    vivify: () => `N${orEdge(random, TTLS, EXPTIME_EDGES)}`,
    recache: () => `R${orEdge(random, WINDOWS, SIGNED_EDGES)}`,
    clientFlags: () => `F${orEdge(random, CLIENT_FLAGS, SIGNED_EDGES)}`,
    setMode: () => `M${random.pick(['E', 'A', 'P', 'R', 'S', 'e', 'a', 'p', 'r', 's', 'Z', '', 'SS'])}`,
    mathMode: () => `M${random.pick(['I', 'D', '+', '-', 'i', 'd', 'A', ''])}`,
    delta: () => `D${random.pick(DELTAS)}`,
    initial: () => `J${random.pick(DELTAS)}`,
    stale: fixed('I'),
  };
}

/** The flag b, anywhere among the others. */
function withBinary(random, flags) {
  const words = flags.split(' ').slice(1);
  words.splice(random.below(words.length + 1), 0, 'b');
  return ` ${words.join(' ')}`;
}

/** A key that is no key of the stream's, in base64 that may be bad. Nothing is stored under it. */
function base64(random) {
  const verb = random.pick(['mg', 'md', 'ma']);
  const of = metaFlags(random, 'bin');
  const tail = withBinary(random, flags(random, [...of.any, of.opaque, of.opaque, of.ttl]));
  return { line: `${verb} ${random.pick(BASE64)}${tail}`, data: null };
}

function meta(random) {
  const verb = random.pick(['mg', 'mg', 'mg', 'ms', 'ms', 'md', 'ma', 'ma']);
  const binary = random.oneIn(6);
  const vivifies = verb === 'mg' && random.oneIn(4);
  const name = random.pick(binary ? BINARY_KEYS : verb === 'ma' ? NUMBER_KEYS : vivifies ? TEXT_KEYS : KEYS);
  const of = metaFlags(random, name);
  const common = [...of.any, of.opaque, of.opaque, of.ttl, of.cas];
  if (random.oneIn(15)) common.push(of.bad, of.newCas, of.clientFlags, of.mathMode, of.delta);
  let choices;
  switch (verb) {
    case 'mg':
      choices = vivifies ? [of.vivify, of.recache, ...common] : [...common, of.recache];
      break;
    case 'ms':
      choices = [...common, of.setMode, of.setMode, of.clientFlags, of.ttl, of.stale, of.cas];
      break;
    case 'md':
      choices = [...common, of.stale, of.stale, of.cas];
      break;
    case 'ma':
      choices = [
        ...common.filter((choice) => choice !== of.ttl),
        of.stillTtl,
        of.mathMode,
        of.delta,
        of.initial,
        of.vivify,
        of.vivify,
        of.cas,
      ];
      break;
  }
  const where = binary ? `{bkey:${name}}` : random.oneIn(50) ? TOO_LONG : `{key:${name}}`;
  const tail = binary ? withBinary(random, flags(random, choices)) : flags(random, choices);
  if (verb !== 'ms') return { line: `${verb} ${where}${tail}`, data: null };
  const made = value(random, name);
  const data = NUMBER_KEYS.includes(name) && tail.includes(' MP') ? made.replace(/^-/, '') : made;
  return { line: `ms ${where} ${lengthWord(random, data)}${tail}`, data };
}

function other(random) {
  const line = (text) => ({ line: text, data: null });
  switch (random.below(13)) {
    case 0:
    case 1:
      return line(`delete ${key(random)}${random.pick(['', '', '', ' 0', ' noreply', ' 0 noreply'])}`);
    case 2:
      return line(`decr ${key(random, NUMBER_KEYS)} ${random.pick(DECR_DELTAS)}${noreply(random)}`);
    case 3:
    case 4:
      return line(`incr ${key(random, NUMBER_KEYS)} ${random.pick(DELTAS)}${noreply(random)}`);
    case 5:
      return line(`touch ${key(random)} ${random.pick(EXPTIMES)}${noreply(random)}`);
    case 6:
      return line(`${random.pick(['gat', 'gats'])} ${random.pick(EXPTIMES)} ${fewKeys(random)}`);
    case 7:
      return line(random.pick(ODD_LINES));
    case 8:
      return base64(random);
    default:
      return line(`${random.pick(['get', 'get', 'gets'])} ${manyKeys(random)}`);
  }
}

/** A number as far as it goes: added to, taken from, or as the first. It is a small one afterwards. */
function farNumbers(random) {
  const key = `{key:${random.pick(NUMBER_KEYS)}}`;
  const line = (text, data = null) => ({ line: text, data });
  const start = random.pick(['0', '1', '5', ...BELOW_2_63]);
  const number = random.pick(random.oneIn(3) ? SIGNED_EDGES : EDGES);
  const middle = random.pick([
    line(`incr ${key} ${number}`),
    line(`decr ${key} ${number}`),
    line(`ma ${key} D${number} v s`),
    line(`ma ${key} MD D${number} v s`),
    line(`ma ${key}missing N0 J${number} v s`),
  ]);
  const made = middle.line.includes('missing') ? line(`md ${key}missing`) : line(`mg ${key} v s`);
  return [line(`set ${key} 0 0 ${start.length}`, start), middle, made, line(`set ${key} 0 0 1`, '7')];
}

/** What is compared with memcached: one command, or a few that belong together. */
function compared(random) {
  const pick = random.below(31);
  if (pick === 0) return farNumbers(random);
  return [pick < 10 ? storage(random) : pick < 22 ? meta(random) : other(random)];
}

function commands(random) {
  if (random.oneIn(12)) return newerCommands(random, TEXT_KEYS, KEYS);
  for (;;) {
    const made = compared(random);
    const verdicts = made.map(({ line, data }) => {
      // Placeholders stand for words without surprises.
      const plain = line.replace(/\{b?key:\w+\}/g, 'k').replace(/\{(old)?cas:\w+\}/g, '1');
      return verdictOf(plain, data);
    });
    if (!verdicts.includes('avoid')) {
      return made.map((command, index) => ({ ...command, words: verdicts[index] === 'words' }));
    }
  }
}

const needsCas = (name) =>
  BINARY_KEYS.includes(name)
    ? { line: `mg {bkey:${name}} b u c O{seen:${name}}`, data: null, words: false }
    : { line: `gets {key:${name}}`, data: null, words: false };

/** A command after which the connection ends. */
function makeLast(random) {
  const line = random.pick(['quit', 'quit noreply', 'GET / HTTP/1.1', 'POST /x HTTP/1.0']);
  const endless = random.pick(['x', 'set ', 'mg ', 'gat 0 ', 'getx ']).padEnd(random.pick([2049, 3000, 20000]), 'k');
  const made = random.oneIn(2) ? { line } : { line: endless, end: '' };
  return { ...made, data: null, words: false, last: true };
}

/**
 * A stream: [{line, data, words, alone, ours, last}]; `words` says that only "both report an error" is compared, `ours`
 * and `alone` are newer.mjs's. Before a command that needs a cas id comes a gets that shows it.
 */
export function makeStream(seed) {
  const random = new Random(seed);
  const stream = [];
  for (let left = random.between(10, 60); left > 0; --left) {
    const made = commands(random);
    const needed = /\{(?:old)?cas:(\w+)\}/.exec(made[0].line)?.[1];
    if (needed) stream.push(needsCas(needed));
    stream.push(...made.map((command) => ({ ...command, unit: left })));
  }
  // Some lines end in "\n" alone.
  for (const command of stream) if (command.data === null && random.oneIn(40)) command.end = '\n';
  if (random.oneIn(8)) stream.push(makeLast(random));
  return stream;
}
