// Plays one stream to two servers and compares what comes back.

import { show } from '../lib/bytes.mjs';
import { RawClient } from '../lib/client.mjs';
import { Random } from '../lib/random.mjs';
import { CasPairs, parseReply, replyDifference } from '../lib/reply.mjs';
import { mustWaitForReplies } from './differences.mjs';
import { makeStream } from './stream.mjs';

const MAX_BATCH = 40;
const MAX_KEY_BYTES = 250;
// A machine under load may stop for seconds.
const PATIENCE = { limitMs: 60_000 };
const MAX_BINARY_KEY_BYTES = 186; // 248 in base64
const CLOSE_LIMIT_MS = 5000;

/** One server's side of a stream: keys rendered with a prefix, cas ids as this server gave them. */
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
    this.seen = new Map(); // name -> cas ids, newest last
  }

  key(name) {
    const key = `${this.prefix}${name}`;
    if (name === 'long') return key.padEnd(MAX_KEY_BYTES, 'k');
    return name === 'longer' ? key.padEnd(MAX_KEY_BYTES - 1, 'k') : key;
  }

  binaryKey(name) {
    const key = `${this.prefix} \r\n\0\xff${name}`;
    return name === 'blong' ? key.padEnd(MAX_BINARY_KEY_BYTES, '\xfe') : key;
  }

  render(command) {
    const line = command.line.replace(/\{(\w+):(\w+)\}/g, (_, kind, name) => {
      const ids = this.seen.get(name) ?? [];
      switch (kind) {
        case 'key':
          return this.key(name);
        case 'bkey':
          return Buffer.from(this.binaryKey(name), 'latin1').toString('base64');
        case 'cas':
          return ids.at(-1) ?? '1';
        case 'oldcas':
          return ids.at(-2) ?? '1';
        default:
          return name; // seen: an opaque that names the key
      }
    });
    return `${line}${command.end ?? '\r\n'}${command.data === null ? '' : `${command.data}\r\n`}`;
  }

  /** Remembers the cas ids that a reply shows. */
  learn(units) {
    for (const { text, data } of units) {
      if (data) continue;
      const words = text.split(' ');
      if (words[0] === 'VALUE' && words.length === 5 && words[1].startsWith(this.prefix)) {
        const name = words[1].slice(this.prefix.length);
        this.#note(/^(long|longer)k*$/.exec(name)?.[1] ?? name, words[4]);
      } else if (/^HD c\d+ O(bin2?|blong)( |$)/.test(text)) {
        this.#note(words[2].slice(1), words[1].slice(1));
      }
    }
  }

  #note(name, id) {
    const ids = this.seen.get(name) ?? [];
    if (ids.at(-1) !== id) this.seen.set(name, [...ids, id]);
  }

  async ask(text, random) {
    const reply = await (random
      ? this.client.askInPieces(Buffer.from(text, 'latin1'), random, 30)
      : this.client.ask(text));
    if (this.client.ended) throw new Error(`${this.server.name} closed the connection after ${show(reply)}`);
    return reply;
  }

  /** The same for bytes after which the server closes. */
  async askLast(text) {
    await this.client.send(text);
    const reply = await this.client.readToEnd(CLOSE_LIMIT_MS);
    await this.reopen();
    return reply;
  }

  async reopen() {
    this.client.close();
    this.client = await RawClient.connect(this.server.address, PATIENCE);
  }
}

/** Both report errors, as many of them; their words may differ. */
function bothErrors(a, b) {
  const errors = (text) => text.split(/\r?\n/).filter((line) => line !== '');
  const [x, y] = [errors(a), errors(b)];
  return x.length > 0 && x.length === y.length && [...x, ...y].every((line) => /^(CLIENT_|SERVER_)?ERROR/.test(line));
}

function differenceOf({ words, ours: expectedFrom }, [ours, theirs], before, cas) {
  if (expectedFrom) {
    const expected = expectedFrom(before);
    const good = typeof expected === 'string' ? ours === expected : expected.test(ours);
    return good ? null : `expected ${show(String(expected))}, got ${show(ours)}`;
  }
  return words && bothErrors(ours, theirs) ? null : replyDifference(theirs, ours, cas);
}

/** Cuts a stream where replies are needed before going on, and at random. */
function* batches(stream, random) {
  let batch = [];
  let size = random.between(1, MAX_BATCH);
  for (const command of stream) {
    const isAlone = command.words || command.alone || command.ours || command.last;
    const needsReply = command.line.includes('cas:') || mustWaitForReplies(command.line, batch);
    if (batch.length > 0 && (needsReply || isAlone || batch.length >= size)) {
      yield batch;
      batch = [];
      size = random.between(1, MAX_BATCH);
    }
    batch.push(command);
    if (isAlone) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

export class TextDuel {
  static makeStream = makeStream;

  static describe({ line, data }) {
    return `${show(line, 600)}${data === null ? '' : `\\r\\n${show(data, 200)}`}`;
  }

  /** Opens a connection to each server. */
  static async between(ours, theirs) {
    return new TextDuel(await Side.open(ours), await Side.open(theirs));
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
    let before = ''; // what ours answered last
    // memcached beside memcached: only what both know.
    const known = this.ours.server.name === 'isocached' ? stream : stream.filter(({ ours }) => !ours);
    for (const batch of batches(known, random)) {
      let replies;
      try {
        replies = await this.#exchange(batch, fragmented ? random : null);
      } catch (error) {
        await this.ours.reopen();
        await this.theirs.reopen();
        return { difference: error.message, batch, ours: '', theirs: '' };
      }
      const [ours, theirs] = replies;
      const difference = differenceOf(batch[0], replies, before, cas);
      if (difference) return { difference, batch, ours, theirs: theirs ?? '' };
      before = ours;
      this.ours.learn(parseReply(ours));
      if (theirs !== null) this.theirs.learn(parseReply(theirs));
    }
    return null;
  }

  /** What both answer; null for a server that is not asked. */
  async #exchange(batch, random) {
    const [{ ours, last }] = batch;
    const text = (side) => batch.map((command) => side.render(command)).join('');
    if (last) return Promise.all([this.ours, this.theirs].map((side) => side.askLast(text(side))));
    return Promise.all([
      this.ours.ask(text(this.ours), random),
      ours ? null : this.theirs.ask(text(this.theirs), null),
    ]);
  }

  async flush() {
    await Promise.all([this.ours, this.theirs].map((side) => side.client.ask('flush_all\r\n')));
  }

  close() {
    this.ours.client.close();
    this.theirs.client.close();
  }
}

/** The commands of a stream, those that belong together as one. */
function unitsOf(stream) {
  const units = [];
  for (const command of stream) {
    if (command.unit !== undefined && units.at(-1)?.[0].unit === command.unit) units.at(-1).push(command);
    else units.push([command]);
  }
  return units;
}

/** A shorter stream that still differs: commands are left out as long as it does. */
export async function minimise(Duel, ours, theirs, stream, seed) {
  const duel = await Duel.between(ours, theirs);
  let runs = 0;
  const fails = async (candidate) => duel.play(candidate, `m${seed}-${runs++}-`, seed);
  let failure = await fails(stream);
  try {
    if (!failure) return { stream, failure: null }; // it depends on what else goes on
    let units = unitsOf(stream);
    for (let chunk = Math.ceil(units.length / 2); chunk >= 1; chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)) {
      for (let at = 0; at < units.length; ) {
        const candidate = [...units.slice(0, at), ...units.slice(at + chunk)];
        const again = candidate.length > 0 ? await fails(candidate.flat()) : null;
        if (again) {
          units = candidate;
          failure = again;
        } else {
          at += chunk;
        }
      }
    }
    return { stream: units.flat(), failure };
  } finally {
    duel.close();
  }
}

/** What to print about a failure. `alone`: it did not come again when the stream was played by itself. */
export function describeFailure(Duel, seed, { stream, failure, alone = false }) {
  const lines = stream.map((command) => `    ${Duel.describe(command)}`);
  const title = alone ? 'passes when played alone; the batch that differed' : 'as short as it gets';
  return [
    `stream with seed ${seed}, ${title}:`,
    ...lines,
    `  ${failure.difference}`,
    `  isocached: ${show(failure.ours, 1000)}`,
    `  memcached: ${show(failure.theirs, 1000)}`,
  ].join('\n');
}
