// The binary protocol's frames, made and taken apart. Bytes are Buffers; keys and texts latin1 strings.

export const HEADER_BYTES = 24;
const REQUEST_MAGIC = 0x80;
export const REPLY_MAGIC = 0x81;

export const OPCODE = {
  get: 0x00,
  set: 0x01,
  add: 0x02,
  replace: 0x03,
  delete: 0x04,
  increment: 0x05,
  decrement: 0x06,
  quit: 0x07,
  flush: 0x08,
  getq: 0x09,
  noop: 0x0a,
  version: 0x0b,
  getk: 0x0c,
  getkq: 0x0d,
  append: 0x0e,
  prepend: 0x0f,
  stat: 0x10,
  setq: 0x11,
  addq: 0x12,
  replaceq: 0x13,
  deleteq: 0x14,
  incrementq: 0x15,
  decrementq: 0x16,
  quitq: 0x17,
  flushq: 0x18,
  appendq: 0x19,
  prependq: 0x1a,
  verbosity: 0x1b, // that memcached does not know
  touch: 0x1c,
  gat: 0x1d,
  gatq: 0x1e,
  saslList: 0x20,
  saslAuth: 0x21,
  saslStep: 0x22,
  gatk: 0x23,
  gatkq: 0x24,
};

export const STATUS = {
  ok: 0,
  notFound: 1,
  exists: 2,
  tooLarge: 3,
  invalid: 4,
  notStored: 5,
  nonNumeric: 6,
  authError: 0x20,
  authContinue: 0x21,
  unknownCommand: 0x81,
  noMemory: 0x82,
};

const bytesOf = (value) => (typeof value === 'string' ? Buffer.from(value, 'latin1') : value);

/** A request. `lengths` may be wrong: { magic, keyLength, extrasLength, bodyLength }. */
export function frame(
  opcode,
  {
    key = '',
    extras = Buffer.alloc(0),
    value = '',
    opaque = 0,
    cas = 0n,
    dataType = 0,
    vbucket = 0,
    lengths = {},
  } = {},
) {
  const body = Buffer.concat([extras, bytesOf(key), bytesOf(value)]);
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = lengths.magic ?? REQUEST_MAGIC;
  header[1] = opcode;
  header.writeUInt16BE(lengths.keyLength ?? bytesOf(key).length, 2);
  header[4] = lengths.extrasLength ?? extras.length;
  header[5] = dataType;
  header.writeUInt16BE(vbucket, 6);
  header.writeUInt32BE(lengths.bodyLength ?? body.length, 8);
  header.writeUInt32BE(opaque, 12);
  header.writeBigUInt64BE(cas, 16);
  return Buffer.concat([header, body]);
}

export const noop = (opaque = 0) => frame(OPCODE.noop, { opaque });

/** The extras of set, add and replace. */
export function storeExtras(clientFlags = 0, exptime = 0) {
  const extras = Buffer.alloc(8);
  extras.writeUInt32BE(clientFlags, 0);
  extras.writeUInt32BE(exptime, 4);
  return extras;
}

/** The extras of increment and decrement. */
export function numberExtras(delta = 1n, initial = 0n, exptime = 0) {
  const extras = Buffer.alloc(20);
  extras.writeBigUInt64BE(delta, 0);
  extras.writeBigUInt64BE(initial, 8);
  extras.writeUInt32BE(exptime, 16);
  return extras;
}

/** The extras of touch, gat and flush. */
export function exptimeExtras(exptime) {
  const extras = Buffer.alloc(4);
  extras.writeUInt32BE(exptime, 0);
  return extras;
}

/** Takes whole replies apart: { replies, rest }. */
export function parseReplies(bytes) {
  const replies = [];
  let at = 0;
  while (bytes.length - at >= HEADER_BYTES) {
    const bodyLength = bytes.readUInt32BE(at + 8);
    const end = at + HEADER_BYTES + bodyLength;
    if (end > bytes.length) break;
    const keyLength = bytes.readUInt16BE(at + 2);
    const extrasLength = bytes[at + 4];
    const body = bytes.subarray(at + HEADER_BYTES, end);
    replies.push({
      magic: bytes[at],
      opcode: bytes[at + 1],
      dataType: bytes[at + 5],
      status: bytes.readUInt16BE(at + 6),
      opaque: bytes.readUInt32BE(at + 12),
      cas: bytes.readBigUInt64BE(at + 16),
      extras: body.subarray(0, extrasLength).toString('hex'),
      key: body.toString('latin1', extrasLength, extrasLength + keyLength),
      value: body.toString('latin1', extrasLength + keyLength),
    });
    at = end;
  }
  return { replies, rest: bytes.subarray(at) };
}
