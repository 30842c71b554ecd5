// The key of the hash, where its owner gives none.

/**
 * 128 bits that nobody outside can know. It does not come from `crypto`: to load that costs Node 2.5 ms, which is half
 * of what opening a store may take. Math.random() has its own seed from the system; whoever sees much of its output
 * can compute the rest, so give `hashSeed` from `crypto` where a program shows such numbers to those whose keys it
 * stores.
 */
export function randomSeed(): bigint {
  let seed = BigInt(Math.floor(performance.now() * 1e6));
  for (let i = 0; i < 16; ++i)
    seed = BigInt.asUintN(128, (seed << 9n) ^ (seed >> 119n) ^ BigInt(Math.floor(Math.random() * 2 ** 32)));
  return seed;
}
