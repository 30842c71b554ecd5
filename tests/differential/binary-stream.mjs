// Random streams of frames of the binary protocol: every opcode, good and bad parts, from a seed.
//
// A command names its key and says which cas it sends ('none', 'last', 'old', 'bogus'): each server has its own ids,
// and each stream its own keys.

import { exptimeExtras, numberExtras, OPCODE, storeExtras } from '../lib/binary.mjs';
import { Random } from '../lib/random.mjs';
import { BELOW_2_63, EDGES } from './edges.mjs';

// Numbers keep to keys of their own, as in stream.mjs and for the same reasons.
const TEXT_KEYS = ['a', 'b', 'long', 'longer', ' \r\n\0\xff', 'x y'];
const NUMBER_KEYS = ['num', 'cnt'];
const KEYS = [...TEXT_KEYS, ...NUMBER_KEYS];

const EXPTIMES = [
  0, 0, 0, 100, 2000, 2592000, 2592001, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
];
const CLIENT_FLAGS = [0, 0, 5, 0x7fffffff, 0x80000000, 0xdeadbeef, 0xffffffff];
const BIG = 2n ** 64n - 1n;
const EDGES_64 = EDGES.map(BigInt).filter((number) => number <= BIG);
const DELTAS = [0n, 1n, 1n, 5n, 10n, 2n ** 32n, 2n ** 60n];
const NUMBERS = ['0', '5', '99', '10', '100', '007', ' 7', '1 ', '42', '18446744073709551615', '123456789012345678901'];
const TOO_LARGE_BYTES = 1_100_000;

const GETS = ['get', 'getq', 'getk', 'getkq'];
const GATS = ['gat', 'gatq', 'gatk', 'gatkq', 'touch'];
const STORES = ['set', 'setq', 'set', 'set', 'add', 'addq', 'replace', 'replaceq'];
const JOINS = ['append', 'appendq', 'prepend', 'prependq'];
const ARITHMETIC = ['increment', 'incrementq', 'decrement', 'decrementq'];
const DELETES = ['delete', 'deleteq'];
// Of what memcached does not have. With a key it skips as many bytes too many.
const UNKNOWN = [OPCODE.verbosity, 0x1f, 0x25, 0x30, 0x3d, 0x40, 0x7f, 0x80, 0xff];
const NO_PAGES = ['nosuch', 'conns', 'cachedump 1 1', 'detail', 'detail foo', 'item', 'itemss', 'extstore', 'proxy'];

function value(random, key) {
  if (NUMBER_KEYS.includes(key)) return random.oneIn(3) ? random.pick(NUMBERS) : String(random.below(1000));
  switch (random.below(12)) {
    case 0:
      return '';
    case 1:
      return random.bytes(random.below(200));
    case 2:
      return 'x'.repeat(random.pick([70, 500, 1500, 4095, 4097]));
    case 3:
      return random.oneIn(4) ? random.bytes(1).repeat(random.pick([16383, 16384, 16385, 40000, 70000])) : 'y';
    case 4:
      return random.oneIn(30) ? 'z'.repeat(TOO_LARGE_BYTES) : '\x80\x00get a\r\n';
    default:
      return random.pick(['1', 'abc', 'value', '12abc']);
  }
}

const pickCas = (random) => random.pick(['none', 'none', 'none', 'none', 'last', 'last', 'old', 'bogus']);

function makeCommand(random) {
  const key = random.pick(KEYS);
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
      return { op: random.pick(GETS), key, cas: pickCas(random) };
    case 3:
      return { op: random.pick(GATS), key, extras: exptimeExtras(random.pick(EXPTIMES)) };
    case 4:
    case 5:
    case 6:
    case 7: {
      const extras = storeExtras(random.pick(CLIENT_FLAGS), random.pick(EXPTIMES));
      return { op: random.pick(STORES), key, extras, value: value(random, key), cas: pickCas(random) };
    }
    case 8: {
      const joined = random.pick(TEXT_KEYS);
      return { op: random.pick(JOINS), key: joined, value: value(random, joined), cas: pickCas(random) };
    }
    case 9:
    case 10: {
      const op = random.pick(ARITHMETIC);
      const initial = random.pick([0n, 1n, 100n, 2n ** 62n]);
      const delta = op.startsWith('decrement') && random.oneIn(8) ? BIG : random.pick(DELTAS);
      const extras = numberExtras(delta, initial, random.pick([0, 0, 100, 0xffffffff, 0xffffffff]));
      const number = random.oneIn(6) ? 'a number that is none' : random.pick(NUMBER_KEYS);
      return { op, key: number, extras, cas: pickCas(random) };
    }
    case 11:
      return { op: random.pick(DELETES), key, cas: pickCas(random) };
    case 12:
      return { op: 'noop' };
    case 13:
      return { op: 'stat', key: random.pick(NO_PAGES), plainKey: true };
    case 14:
      return { opcode: random.pick(UNKNOWN), value: random.bytes(random.below(50)) };
    default:
      return random.oneIn(2)
        ? { op: 'saslList' }
        : { op: random.pick(['saslAuth', 'saslStep']), key: 'PLAIN', plainKey: true, value: '\0u\0p' };
  }
}

/** A number as far as it goes: added to, taken from, or as the first. It is a small one afterwards. */
function farNumbers(random) {
  const key = random.pick(NUMBER_KEYS);
  const extras = numberExtras(random.pick(EDGES_64), random.pick(EDGES_64), 0);
  const store = (number) => ({ op: 'set', key, extras: storeExtras(), value: number });
  const first = random.oneIn(3) ? { op: 'delete', key } : store(random.pick(['0', '1', ...BELOW_2_63]));
  return [first, { op: random.pick(ARITHMETIC), key, extras }, { op: 'get', key }, store('7')];
}

/** A frame after which the connection ends. */
function makeLast(random) {
  const op = random.pick(Object.keys(OPCODE).filter((name) => !name.startsWith('sasl') && name !== 'verbosity'));
  switch (random.below(9)) {
    case 0:
      return { op: random.pick(['quit', 'quitq']) };
    case 1: // lengths that do not add up
      return { op, key: 'a', lengths: { bodyLength: 0 } };
    case 2:
      return { op, extras: exptimeExtras(1), key: 'a', lengths: { bodyLength: random.between(0, 3) } };
    case 3:
      return { op, key: 'k'.repeat(random.pick([251, 252, 1000])), plainKey: true };
    case 4: // extras that nobody takes
      return { op, extras: Buffer.alloc(random.pick([1, 3, 5, 7, 9, 19, 21])), key: 'a' };
    case 5: // no key, or one too many
      return { op: random.pick([...GETS, ...DELETES, ...JOINS, 'saslAuth']) };
    case 6:
      return { op: random.pick(['noop', 'version', 'quit', 'quitq', 'flush', 'flushq', 'saslList']), key: 'a' };
    case 7:
      return { op: random.pick([...GETS, ...DELETES]), key: 'a', value: 'v' };
    default:
      return { op, lengths: { magic: random.pick([0x00, 0x81, 0x7f, 0x67]) } };
  }
}

/** A stream: commands, and now and then one that ends the connection. */
export function makeBinaryStream(seed) {
  const random = new Random(seed);
  const stream = Array.from({ length: random.between(1, 60) }, () =>
    random.oneIn(40) ? farNumbers(random) : [makeCommand(random)],
  ).flat();
  for (const command of stream) {
    if (random.oneIn(20)) Object.assign(command, { dataType: random.below(256), vbucket: random.below(65536) });
  }
  if (random.oneIn(4)) stream.push({ ...makeLast(random), last: true });
  return stream;
}

/** Whether a command is to be sent only when all replies to `batch` have come, as in differences.mjs. */
export function mustWait(command, batch) {
  if (command.last || (command.cas && command.cas !== 'none')) return true;
  return ARITHMETIC.includes(command.op) && batch.some(({ op }) => GETS.includes(op) || GATS.includes(op));
}
