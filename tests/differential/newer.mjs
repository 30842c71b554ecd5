// What memcached 1.6.45 answers and Debian's 1.6.18 does not know, or answers otherwise. isocached alone gets these
// commands, with the reply that 1.6.45 gives: `ours(before)` is that reply, `before` what isocached answered last.
// They leave both servers in the same state: a line that is refused changes nothing, and what changes an item is
// followed by a command that writes it anew on both.

import { BAD_LENGTHS, EDGES, SIGNED_EDGES } from './edges.mjs';

const BAD_FORMAT = 'CLIENT_ERROR bad command line format\r\n';
const BAD_EXPTIME = 'CLIENT_ERROR invalid exptime argument\r\n';
const BAD_TOKEN = 'CLIENT_ERROR bad token in command line format\r\n';
const BAD_KEY = 'CLIENT_ERROR error decoding key\r\n';
const BAD_MATH_FLAG = 'CLIENT_ERROR invalid or duplicate flag\r\n'; // what ma says of all of them
const TOO_MANY_FLAGS = 'CLIENT_ERROR options flags are too long\r\n';

const STORAGE = ['set', 'add', 'replace', 'append', 'prepend', 'cas'];
const NO_NUMBER = ['abc', '+1', '1e3', '0x1', '5abc', '1.5', '--1', '-'];
const not = (fits) => [...SIGNED_EDGES.filter((number) => !fits(BigInt(number))), ...NO_NUMBER];
const NOT_UNSIGNED_32 = [...not((n) => n >= 0n && n < 2n ** 32n), ''];
const NOT_UNSIGNED_64 = [...not((n) => n >= 0n && n < 2n ** 64n), ''];
const NOT_SIGNED_64 = not((n) => n >= -(2n ** 63n) && n < 2n ** 63n);
const NOT_EXPTIME = not((n) => n >= -(2n ** 31n) && n < 2n ** 31n);
const BOTH = { words: false };

const alone = (line, data = null) => ({ line, data, alone: true, ...BOTH });
const ours = (line, data, expected) => ({
  line,
  data,
  ours: typeof expected === 'function' ? expected : () => expected,
  ...BOTH,
});

// A word that is empty is no word, and the next one moves up.
const bad = (random, words) => random.pick(words.filter((word) => word !== ''));

function refusedStorage(random, key) {
  const verb = random.pick(STORAGE);
  const quiet = random.oneIn(4);
  const tail = `${verb === 'cas' ? ' 1' : ''}${quiet ? ' noreply' : ''}`;
  const said = quiet ? '' : BAD_FORMAT;
  switch (random.below(6)) {
    case 0: // its length is not known, so that nothing is skipped, and noreply is not looked for
      return ours(`${verb} ${key} 0 0 ${random.pick(BAD_LENGTHS)}${tail}`, null, BAD_FORMAT);
    case 1:
      return ours(`${verb} ${key} ${bad(random, NOT_UNSIGNED_64)} 0 4${tail}`, 'mn\r\n', said);
    case 2:
      return ours(`${verb} ${key} 0 ${bad(random, NOT_SIGNED_64)} 4${tail}`, 'mn\r\n', said);
    case 3:
      return ours(`${verb} ${'k'.repeat(random.pick([251, 252, 1200]))} 0 0 4${tail}`, 'mn\r\n', said);
    case 4:
      return ours(`cas ${key} 0 0 4${quiet ? ' noreply' : ''}`, 'mn\r\n', said);
    default:
      return ours(`cas ${key} 0 0 4 ${bad(random, NOT_UNSIGNED_64)}${quiet ? ' noreply' : ''}`, 'mn\r\n', said);
  }
}

function refusedTouch(random, key) {
  const quiet = random.oneIn(4);
  if (random.oneIn(5)) return ours(`${random.pick(['gat', 'gats'])} ${random.pick(['100', 'abc'])}`, null, BAD_FORMAT);
  if (random.oneIn(2)) {
    return ours(`touch ${key} ${bad(random, NOT_EXPTIME)}${quiet ? ' noreply' : ''}`, null, quiet ? '' : BAD_EXPTIME);
  }
  return ours(`${random.pick(['gat', 'gats'])} ${bad(random, NOT_EXPTIME)} ${key}`, null, BAD_EXPTIME);
}

/** A number of a flag that is none: [flag, what mg, ms and md say]. */
function badNumber(random) {
  return random.pick([
    [`T${random.pick(NOT_EXPTIME)}`, BAD_TOKEN],
    [`N${random.pick(NOT_EXPTIME)}`, BAD_TOKEN],
    [`R${random.pick(NOT_EXPTIME)}`, BAD_TOKEN],
    [`C${random.pick(NOT_UNSIGNED_64)}`, BAD_TOKEN],
    [`E${random.pick(NOT_UNSIGNED_64)}`, BAD_TOKEN],
    [`F${random.pick(NOT_UNSIGNED_32)}`, BAD_FORMAT],
    [`D${random.pick(NOT_UNSIGNED_64)}`, 'CLIENT_ERROR invalid numeric delta value\r\n'],
    [`J${random.pick(NOT_UNSIGNED_64)}`, 'CLIENT_ERROR invalid numeric initial value\r\n'],
  ]);
}

function refusedMeta(random, key) {
  const verb = random.pick(['mg', 'ms', 'md', 'ma']);
  const data = verb === 'ms' ? 'mn\r\n' : null;
  const line = (name, flags) => [verb, name, ...(data ? [String(data.length)] : []), ...flags].join(' ');
  const quiet = random.oneIn(2) ? ['q'] : []; // hides no error
  const said = (error) => (verb === 'ma' ? BAD_MATH_FLAG : error);
  switch (random.below(6)) {
    case 0:
    case 1: {
      const [flag, error] = badNumber(random);
      return ours(line(key, [...quiet, flag, 'k', 'O1']), data, said(error));
    }
    case 2: {
      const letter = random.pick([...'ckqtv']);
      return ours(line(key, [letter, 's', `${letter}1`]), data, said('CLIENT_ERROR duplicate flag\r\n'));
    }
    case 3:
      return ours(
        line(key, [...quiet, 's', random.pick(['z', 'Y1', '!', 'A'])]),
        data,
        said('CLIENT_ERROR invalid flag\r\n'),
      );
    case 4: {
      const flags = [...quiet, 'k', 'O1'];
      flags.splice(random.below(flags.length + 1), 0, 'b');
      return ours(line(random.pick(['A', 'AAA', 'A===', '====', 'AA*=', '*AAA', 'A-A_']), flags), data, said(BAD_KEY));
    }
    default: {
      // 20 words are the most, and there is no 21st flag that could be repeated
      const most = 20 - (verb === 'ms' ? 3 : 2);
      const flags = [...'bcfhklqstuvIPLDJxO'].filter((letter) => letter !== 'D' && letter !== 'J');
      const many = [...flags, ...Array.from({ length: most + 1 - flags.length }, () => 'k')];
      return ours(line(key, many), data, TOO_MANY_FLAGS);
    }
  }
}

/** What a look at an item said: null for a miss, or { size, flags, ttl, cas }. */
function seen(before) {
  const found = /^HD s(\d+) f(\d+) t(-?\d+) c(\d+)/.exec(before);
  return found && { size: Number(found[1]), clientFlags: found[2], ttl: found[3], cas: found[4] };
}

const isBinary = (key) => key.startsWith('{bkey');
const look = (key) => alone(`mg ${key}${isBinary(key) ? ' b' : ''} s f t c`);
const writeAnew = (key) => alone(`ms ${key} 1${isBinary(key) ? ' b' : ''}`, '7');

/** md x: the value goes, the item stays with its cas; flags and time are those of F and T, or none. */
function emptied(random, key) {
  const flags = isBinary(key) ? ['x', 'b'] : ['x'];
  const ttl = random.oneIn(3) ? 100 : null;
  const clientFlags = random.oneIn(3) ? random.pick(['5', '4294967295']) : '0';
  const stale = random.oneIn(3);
  const quiet = random.oneIn(3);
  const newCas = random.oneIn(4) ? random.pick(EDGES.filter((n) => BigInt(n) < 2n ** 64n)) : null;
  const mismatch = random.oneIn(5);
  if (ttl) flags.push(`T${ttl}`);
  if (clientFlags !== '0') flags.push(`F${clientFlags}`);
  if (stale) flags.push('I');
  if (quiet) flags.push('q');
  if (newCas) flags.push(`E${newCas}`);
  if (mismatch) flags.push('C99999999');
  for (let i = flags.length - 1; i > 0; --i) {
    const j = random.below(i + 1);
    [flags[i], flags[j]] = [flags[j], flags[i]];
  }
  const memory = {};
  return [
    look(key),
    ours(`md ${key} ${flags.join(' ')} O9`, null, (before) => {
      memory.item = seen(before);
      if (!memory.item) return 'NF O9\r\n';
      if (mismatch) return 'EX O9\r\n';
      return quiet ? '' : 'HD O9\r\n';
    }),
    ours(`mg ${key}${isBinary(key) ? ' b' : ''} v s f t c`, null, () => {
      const { item } = memory;
      if (!item) return 'EN\r\n';
      if (mismatch)
        return new RegExp(`^VA ${item.size} s${item.size} f${item.clientFlags} t-?\\d+ c${item.cas}[ WXZ]*\r\n`);
      const cas = newCas ?? (stale ? '\\d+' : item.cas);
      return new RegExp(`^VA 0 s0 f${clientFlags} t${ttl ? '\\d+' : '-1'} c${cas}${stale ? ' X W' : ''}\r\n\r\n$`);
    }),
    writeAnew(key),
  ];
}

/** E: a cas of the client's own. */
function ownCas(random, key) {
  const cas = random.pick(['1', '9000000000000001', ...EDGES.filter((n) => BigInt(n) < 2n ** 64n)]);
  return [
    alone(`md ${key}`),
    ours(`ms ${key} 2 c E${cas}`, '42', `HD c${cas}\r\n`),
    ours(`mg ${key} c s`, null, `HD c${cas} s2\r\n`),
    random.oneIn(2)
      ? ours(`ma ${key} E${cas} N0 c v`, null, `VA 2 c${cas}\r\n43\r\n`)
      : ours(`ms ${key} 2 MA C${cas} E7 c`, '00', 'HD c7\r\n'),
    writeAnew(key),
  ];
}

/** mg C: the value is left out when the client has it already. */
function unchanged(random, name) {
  const key = `{key:${name}}`;
  const id = random.oneIn(3) ? random.pick(['0', '99999999', ...EDGES.slice(0, -2)]) : `{cas:${name}}`;
  return [
    writeAnew(key),
    alone(`gets ${key}`),
    ours(`mg ${key} v c C${id}`, null, (before) => {
      const cas = / (\d+)\r\n/.exec(before)[1];
      return id.startsWith('{') ? `HD c${cas}\r\n` : `VA 1 c${cas}\r\n7\r\n`;
    }),
  ];
}

/** ms s: the size that the value has then. ms N: append and prepend that create. */
function sized(random, key) {
  const data = 'd'.repeat(random.pick([0, 1, 100, 5000, 20000]));
  const mode = random.pick(['S', 'A', 'P']);
  const creates = mode !== 'S' && random.oneIn(2);
  const memory = {};
  return [
    look(key),
    ours(`ms ${key} ${data.length} s M${mode}${creates ? ' N0' : ''}`, data, (before) => {
      memory.item = seen(before);
      if (mode === 'S' || (creates && !memory.item)) return `HD s${data.length}\r\n`;
      return memory.item ? `HD s${memory.item.size + data.length}\r\n` : `NS s${data.length}\r\n`;
    }),
    writeAnew(key),
  ];
}

/** Some commands that belong together. */
export function newerCommands(random, textKeys, keys) {
  const name = random.pick(keys);
  const key = `{key:${name}}`;
  const textKey = `{key:${random.pick(textKeys)}}`;
  switch (random.below(9)) {
    case 0:
    case 1:
      return [refusedStorage(random, key)];
    case 2:
      return [refusedTouch(random, key)];
    case 3:
    case 4:
      return [refusedMeta(random, key)];
    case 5:
      return emptied(random, random.pick([textKey, '{bkey:bin}']));
    case 6:
      return ownCas(random, key);
    case 7:
      return unchanged(random, name);
    default:
      return sized(random, textKey);
  }
}
