// Keys and values as programs have them: strings that were made a moment ago and are used once. One that is kept and
// used again has its hash in it, and often is the very one that a Map holds: then a Map has hardly anything to do.

const KEY_DIGITS = 16;
export const KEY_BYTES = 'key:'.length + KEY_DIGITS;
export const VALUE_BYTES = 100;

// Put together by the program: V8 keeps such a string as a rope of its parts, which whoever reads it makes flat first.
export const keyOf = (number) => `key:${String(number).padStart(KEY_DIGITS, '0')}`;

/** The same in one piece, as a parser or a socket gives it. */
export function flatKeyOf(number) {
  const bytes = Buffer.from(keyOf(number), 'latin1');
  return bytes.latin1Slice(0, bytes.length);
}

const pool = Buffer.from(Array.from({ length: 64 << 10 }, (_, i) => 32 + ((i * 7919 + (i >> 7)) % 95)));

/** A new string, as a parser or a socket would give it. */
export function valueOf(number) {
  const from = (number * 31) % (pool.length - VALUE_BYTES);
  return pool.latin1Slice(from, from + VALUE_BYTES);
}

/** Numbers below `limit`, the same ones each time (xorshift32). */
export function draws(limit, seed = 1) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Makes and drops as many strings as a fill would keep: the young generation has its full size then. */
export function warmUpHeap(items) {
  for (let i = 0; i < items; ++i) (keyOf(i) + valueOf(i)).charCodeAt(0);
}
