// What lies at the ends of what is allowed: numbers, lengths of keys and opaques, base64.

/** Decimal numbers next to the ends of 31, 32, 63 and 64 bits. */
export const EDGES = [31n, 32n, 63n, 64n].flatMap((bits) => [-1n, 0n, 1n].map((step) => String(2n ** bits + step)));
const TWO_63 = 2n ** 63n;
export const SIGNED_EDGES = [...EDGES, ...EDGES.map((number) => `-${number}`)];
/** Without those that become 1 in 32 bits: such an item expires while the streams run. */
export const EXPTIME_EDGES = SIGNED_EDGES.filter((number) => BigInt.asIntN(32, BigInt(number)) !== 1n);
export const BELOW_2_63 = EDGES.filter((number) => BigInt(number) < TWO_63);
/** Lengths that no value may have, so that nothing of a data block is skipped. */
export const BAD_LENGTHS = [
  '2147483646', // with "\r\n" it does not fit 31 bits
  ...EDGES,
  ...EDGES.map((number) => `-${number}`),
  '-1',
  '-0x1',
  '1e3',
  '0x10',
  '5abc',
  'abc',
  '99999999999999999999999999',
];

export const OPAQUES = [1, 2, 30, 31, 32, 33, 64, 200].map((bytes) => `O${'o'.repeat(bytes - 1)}`);

/** Keys in base64, good and bad. None is a key that a stream stores. */
export const BASE64 = [
  'AA==',
  'AB==', // the bits left over are not 0
  'AAA=',
  'AAB=',
  'AAAA',
  'A',
  'AA',
  'AAA',
  'AAAAA',
  'A===',
  '====',
  '=AAA',
  'A=AA',
  'AA=A',
  'AA==AAAA',
  'AAA=AAAA',
  'AAA==',
  'A A=',
  'A-A_',
  'AA*=',
  '*AAA',
  'AAAA*AAA',
  'A\x80AA',
  'AA\tA',
  'A'.repeat(244),
  'A'.repeat(248),
  'A'.repeat(249),
  'A'.repeat(250),
  'A'.repeat(252),
  `${'A'.repeat(246)}==`,
];
