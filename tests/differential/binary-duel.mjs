// Plays one stream of frames to two servers and compares what comes back, as duel.mjs does with lines.

import { frame, noop, OPCODE, parseReplies, REPLY_MAGIC } from '../lib/binary.mjs';
import { show } from '../lib/bytes.mjs';
import { RawClient } from '../lib/client.mjs';
import { Random } from '../lib/random.mjs';
import { CasPairs } from '../lib/reply.mjs';
import { makeBinaryStream, mustWait } from './binary-stream.mjs';

const MAX_BATCH = 40;
const MAX_KEY_BYTES = 250;
// A machine under load may stop for seconds.
const PATIENCE = { limitMs: 60_000 };
const NO_SUCH_CAS = 99_999_999n;
let barriers = 0;

/** One server's side of a stream: keys with a prefix, cas ids as this server gave them. */
class Side {
  constructor(server, client) {
    this.server = server;
    this.client = client;
  }

  static async open(server) {
    return new Side(server, await RawClient.connect(server.address, PATIENCE));
  }

  begin(prefix) {
    this.prefix = prefix;
    this.seen = new Map(); // key -> cas ids, newest last
    this.asked = new Map(); // opaque -> key
  }

  render(command, opaque) {
    const { key = '' } = command;
    const sent = key === '' || command.plainKey ? key : `${this.prefix}${key}`;
    this.asked.set(opaque, key);
    return frame(command.opcode ?? OPCODE[command.op], {
      ...command,
      key:
        key === 'long'
          ? sent.padEnd(MAX_KEY_BYTES, 'k')
          : key === 'longer'
            ? sent.padEnd(MAX_KEY_BYTES - 1, 'k')
            : sent,
      cas: this.#casOf(command),
      opaque,
    });
  }

  #casOf({ cas = 'none', key }) {
    const ids = this.seen.get(key) ?? [];
    switch (cas) {
      case 'last':
        return ids.at(-1) ?? NO_SUCH_CAS;
      case 'old':
        return ids.at(-2) ?? NO_SUCH_CAS;
      default:
        return cas === 'none' ? 0n : NO_SUCH_CAS;
    }
  }

  learn(replies) {
    for (const { cas, opaque } of replies) {
      const key = this.asked.get(opaque);
      const ids = this.seen.get(key) ?? [];
      if (cas !== 0n && ids.at(-1) !== cas) this.seen.set(key, [...ids, cas]);
    }
  }

  /** The replies to these bytes, without the prefix of the keys. */
  async ask(bytes, random) {
    const opaque = 0x8000_0000 + (++barriers % 0x7fff_ffff);
    const all = Buffer.concat([bytes, noop(opaque)]);
    const sending = random ? this.client.sendPieces(random.fragments(all, 30)) : this.client.send(all);
    const reply = await this.client.readUntil(
      frame(OPCODE.noop, { opaque, lengths: { magic: REPLY_MAGIC } }).toString('latin1'),
    );
    await sending;
    if (this.client.ended) throw new Error(`${this.server.name} closed the connection after ${show(reply)}`);
    return this.#parse(reply).slice(0, -1);
  }

  /** The same for bytes after which the server closes. */
  async askLast(bytes) {
    await this.client.send(bytes);
    return this.#parse(await this.client.readToEnd(5000));
  }

  #parse(text) {
    const { replies, rest } = parseReplies(Buffer.from(text, 'latin1'));
    if (rest.length > 0) throw new Error(`${this.server.name}: half a frame: ${show(text)}`);
    return replies.map((reply) => ({ ...reply, key: reply.key.replace(this.prefix, '') }));
  }

  async reopen() {
    this.client.close();
    this.client = await RawClient.connect(this.server.address, PATIENCE);
  }
}

function differenceOf(theirs, ours, cas) {
  for (let i = 0; i < Math.max(theirs.length, ours.length); ++i) {
    const [a, b] = [theirs[i], ours[i]];
    if (!a || !b) return `reply ${i}: ${a ? 'only memcached' : 'only isocached'} answers`;
    for (const field of Object.keys(a)) {
      if (
        field === 'cas'
          ? !(a.cas === 0n || b.cas === 0n ? a.cas === b.cas : cas.same(a.cas, b.cas))
          : a[field] !== b[field]
      )
        return `reply ${i}: ${field}`;
    }
  }
  return null;
}

function* batches(stream, random) {
  let batch = [];
  let size = random.between(1, MAX_BATCH);
  for (const command of stream) {
    if (batch.length > 0 && (mustWait(command, batch) || batch.length >= size)) {
      yield batch;
      batch = [];
      size = random.between(1, MAX_BATCH);
    }
    batch.push(command);
  }
  if (batch.length > 0) yield batch;
}

export class BinaryDuel {
  static makeStream = makeBinaryStream;

  static describe({ op, opcode, key = '', cas = 'none', extras, value = '', lengths }) {
    const wrong = lengths ? ` lengths ${JSON.stringify(lengths)}` : '';
    return `${op ?? opcode} ${show(key, 40)} cas ${cas} extras ${extras?.toString('hex') ?? ''} ${show(value, 60)}${wrong}`;
  }

  static async between(ours, theirs) {
    return new BinaryDuel(await Side.open(ours), await Side.open(theirs));
  }

  constructor(ours, theirs) {
    this.ours = ours;
    this.theirs = theirs;
  }

  /** Null, or {difference, batch, ours, theirs} at the first difference. The seed cuts and fragments. */
  async play(stream, prefix, seed) {
    const random = new Random(seed);
    const fragmented = random.oneIn(3);
    const cas = new CasPairs();
    this.ours.begin(prefix);
    this.theirs.begin(prefix);
    let opaque = 0;
    for (const batch of batches(stream, random)) {
      const from = opaque;
      opaque += batch.length;
      const frames = [this.ours, this.theirs].map((side) =>
        Buffer.concat(batch.map((command, index) => side.render(command, from + index + 1))),
      );
      const [{ last = false }] = batch;
      let replies;
      try {
        replies = await Promise.all([
          last ? this.ours.askLast(frames[0]) : this.ours.ask(frames[0], fragmented ? random : null),
          last ? this.theirs.askLast(frames[1]) : this.theirs.ask(frames[1], null),
        ]);
      } catch (error) {
        await this.#reopen();
        return { difference: error.message, batch, ours: '', theirs: '' };
      }
      const [ours, theirs] = replies;
      if (last) await this.#reopen();
      const difference = differenceOf(theirs, ours, cas);
      if (difference) return { difference, batch, ours: describe(ours), theirs: describe(theirs) };
      this.ours.learn(ours);
      this.theirs.learn(theirs);
    }
    return null;
  }

  async #reopen() {
    await this.ours.reopen();
    await this.theirs.reopen();
  }

  async flush() {
    await Promise.all([this.ours, this.theirs].map((side) => side.ask(frame(OPCODE.flush))));
  }

  close() {
    this.ours.client.close();
    this.theirs.client.close();
  }
}

function describe(replies) {
  return replies
    .map(({ opcode, status, opaque, cas, extras, key, value }) =>
      [`#${opaque} ${opcode.toString(16)}: ${status}`, `cas ${cas}`, extras, show(key, 40), show(value, 60)].join(' '),
    )
    .join('; ');
}
