// Random tapes, for tests that say "any tape".

import { Random } from '../../../../tests/lib/random.mjs';

const NAMES = ['alice', 'bob', 'carol', 'dave', 'x', 'a1b2c3d4e5f6g7h8'];
const KEYS = ['page', 'a', 'user:1', 'naïve', 'k'.repeat(250)];
const TEXTS = [
  '',
  'one two',
  ' led by a space',
  'ends in \\',
  '# twice',
  'emoji 🎈 and ü',
  'a;b#c%20 ?&=',
  '@bob mg x',
  "it's (so)!",
];

export { Random };

/** Bytes of all kinds: random, text, line ends, escapes. */
export function anyBytes(random, most = 40) {
  const parts = [];
  for (let n = random.below(5); n >= 0; --n) {
    parts.push(
      random.pick([
        () => Buffer.from(Array.from({ length: random.below(most) }, () => random.below(256))),
        () => Buffer.from(random.pick(TEXTS)),
        () =>
          Buffer.from(random.pick(['\r\n', '\r', '\n', '\0', '\\', '\\x', ' ', '\t', '\u202e', '\u2028', 'é', '日本'])),
        () => Buffer.from([0xe2, 0x82]),
      ])(),
    );
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** A command that does something, most of the time. */
export function anyCommand(random) {
  const key = random.pick(KEYS);
  const value = anyBytes(random, 12);
  const withValue = (line) => Buffer.concat([Buffer.from(`${line}\r\n`), value, Buffer.from('\r\n')]);
  return new Uint8Array(
    random.pick([
      () => Buffer.from(`mg ${key} v t f N30 c\r\n`),
      () => withValue(`ms ${key} ${value.length} T${random.below(90)}`),
      () => withValue(`set ${key} ${random.below(9)} ${random.below(60)} ${value.length}`),
      () => Buffer.from(`md ${key} I T30\r\n`),
      () => Buffer.from(`ma ${key} N0 J${random.below(9)} v\r\n`),
      () => Buffer.from('quit\r\n'),
      () => Buffer.from(`get ${key} page a\r\n`),
    ])(),
  );
}

export function anyStep(random, names) {
  return random.pick([
    () => ({ kind: 'send', client: random.pick(names), bytes: anyBytes(random) }),
    () => ({ kind: 'send', client: random.pick(names), bytes: anyCommand(random) }),
    () => ({ kind: 'send', client: random.pick(names), bytes: anyCommand(random) }),
    () => ({
      kind: 'wait',
      seconds: random.pick([1, 30, 60, 90, 3600, 86_400, 31 * 86_400, 1 + random.below(100_000)]),
    }),
    () => ({
      kind: 'fill',
      prefix: random.pick(['user:', 'ü', 'a\\b', '@']),
      count: 1 + random.below(50),
      valueBytes: random.below(5000),
    }),
    () => ({ kind: 'evict' }),
    () => ({ kind: 'note', text: random.pick(TEXTS) }),
  ])();
}

/** With up to four clients. */
export function anyTape(random, mostSteps = 12) {
  const names = Array.from({ length: 4 }, () => random.pick(NAMES));
  const steps = Array.from({ length: random.below(mostSteps + 1) }, () => anyStep(random, names));
  const title = random.below(3) === 0 ? { title: random.pick(TEXTS.slice(1)) } : {};
  return { ...title, memoryBytes: random.pick([1 << 20, 2 << 20, (1 << 20) + 1, 1028 * 1024]), steps };
}

/** Byte arrays compare as arrays: what a module gives is a Uint8Array, what a test makes may be a Buffer. */
export function plain(tape) {
  return {
    ...tape,
    steps: tape.steps.map((step) =>
      step.kind === 'send' ? { ...step, bytes: Buffer.from(step.bytes).toString('latin1') } : step,
    ),
  };
}
