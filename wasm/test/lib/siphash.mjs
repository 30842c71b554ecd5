// SipHash-1-3 of keys of 16 bytes, as the module hashes them: for whoever knows the hash seed.

const low = (n) => Number(BigInt.asIntN(32, n));
const high = (n) => Number(BigInt.asIntN(32, n >> 32n));

/** Gives (words: 4 x 32 bits) => the upper 32 bits of the hash; the lower ones are in `.lower`. */
export function sipHash(seed) {
  const k0 = BigInt.asUintN(64, seed);
  const k1 = BigInt.asUintN(64, seed >> 64n);
  const start = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const [l0, l1, l2, l3] = start.map(low);
  const [h0, h1, h2, h3] = start.map(high);
  let a = 0,
    A = 0,
    b = 0,
    B = 0,
    c = 0,
    C = 0,
    d = 0,
    D = 0; // v0 to v3: the lower half, the upper half

  function round() {
    let t = 0;
    A = (A + B + ((a >>> 0) + (b >>> 0) > 0xffffffff ? 1 : 0)) | 0;
    a = (a + b) | 0;
    C = (C + D + ((c >>> 0) + (d >>> 0) > 0xffffffff ? 1 : 0)) | 0;
    c = (c + d) | 0;
    t = ((b << 13) | (B >>> 19)) ^ a;
    B = ((B << 13) | (b >>> 19)) ^ A;
    b = t;
    t = ((d << 16) | (D >>> 16)) ^ c;
    D = ((D << 16) | (d >>> 16)) ^ C;
    d = t;
    t = a;
    a = A;
    A = t;
    C = (C + B + ((c >>> 0) + (b >>> 0) > 0xffffffff ? 1 : 0)) | 0;
    c = (c + b) | 0;
    A = (A + D + ((a >>> 0) + (d >>> 0) > 0xffffffff ? 1 : 0)) | 0;
    a = (a + d) | 0;
    t = ((b << 17) | (B >>> 15)) ^ c;
    B = ((B << 17) | (b >>> 15)) ^ C;
    b = t;
    t = ((d << 21) | (D >>> 11)) ^ a;
    D = ((D << 21) | (d >>> 11)) ^ A;
    d = t;
    t = c;
    c = C;
    C = t;
  }
  function take(lower, upper) {
    d ^= lower;
    D ^= upper;
    round();
    a ^= lower;
    A ^= upper;
  }
  const hash = (w0, w1, w2, w3) => {
    a = l0;
    A = h0;
    b = l1;
    B = h1;
    c = l2;
    C = h2;
    d = l3;
    D = h3;
    take(w0, w1);
    take(w2, w3);
    take(0, 16 << 24);
    c ^= 0xff;
    round();
    round();
    round();
    hash.lower = (a ^ b ^ c ^ d) >>> 0;
    return (A ^ B ^ C ^ D) >>> 0;
  };
  hash.lower = 0;
  return hash;
}
