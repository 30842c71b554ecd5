// Random numbers that repeat: everything random in the tests comes from a printed seed.

/** The seed of this run: ISOCACHE_SEED, or `fallback`. */
export function seedFromEnvironment(fallback) {
  return process.env.ISOCACHE_SEED ? Number(process.env.ISOCACHE_SEED) : fallback;
}

/** The sfc32 generator (Chris Doty-Humphrey, PractRand). */
export class Random {
  #a;
  #b;
  #c;
  #counter = 1;

  constructor(seed) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = 0x9e3779b9;
    for (let i = 0; i < 12; ++i) this.next();
  }

  /** 32 random bits. */
  next() {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** 0 .. limit - 1 */
  below(limit) {
    return this.next() % limit;
  }

  /** from .. to, both included */
  between(from, to) {
    return from + this.below(to - from + 1);
  }

  /** True with probability 1 / n. */
  oneIn(n) {
    return this.below(n) === 0;
  }

  pick(array) {
    return array[this.below(array.length)];
  }

  /** A latin1 string of any bytes. */
  bytes(length) {
    let text = '';
    for (let i = 0; i < length; ++i) text += String.fromCharCode(this.below(256));
    return text;
  }

  /** Cuts a buffer at random places into 1 .. maxPieces non-empty pieces. */
  fragments(buffer, maxPieces) {
    const cuts = new Set();
    const wanted = Math.min(this.below(maxPieces), buffer.length - 1);
    while (cuts.size < wanted) cuts.add(this.between(1, buffer.length - 1));
    const pieces = [];
    let from = 0;
    for (const cut of [...cuts].sort((a, b) => a - b)) {
      pieces.push(buffer.subarray(from, cut));
      from = cut;
    }
    pieces.push(buffer.subarray(from));
    return pieces;
  }
}
