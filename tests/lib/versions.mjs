// Keys whose values say which key they belong to and how often it was stored: nobody can answer another key's value, or
// an older one, unseen. A miss is always allowed.

import assert from 'node:assert/strict';

import { set } from './talk.mjs';

const BATCH = 64;
const LENGTHS = [300, 700, 1500, 3000, 6000, 9000];
const LARGE = 150_000;

/** One connection's own keys: no other client may touch them. */
export class Versions {
  /** `keys`: how many. */
  constructor(client, random, name, keys) {
    this.client = client;
    this.random = random;
    this.keys = Array.from({ length: keys }, (_, n) => ({ name: `${name}${n}`, version: 0, value: null }));
    this.hits = 0;
    this.misses = 0;
    this.missForm = new Map();
  }

  #next(key) {
    ++key.version;
    const length = this.random.oneIn(500) ? LARGE : this.random.pick(LENGTHS);
    const word = `${key.name} ${key.version} `;
    return word.repeat(Math.ceil(length / word.length)).slice(0, length);
  }

  /** Stores every key once. */
  async fill() {
    for (let from = 0; from < this.keys.length; from += BATCH) {
      await this.#run(this.keys.slice(from, from + BATCH).map((key) => this.#set(key)));
    }
  }

  /** Random commands, in pipelines. */
  async play(commands) {
    for (let done = 0; done < commands; done += BATCH) {
      await this.#run(Array.from({ length: BATCH }, () => this.#command(this.random.pick(this.keys))));
    }
  }

  /** Asks for every key; returns how many are there. */
  async readAll() {
    const before = this.hits;
    for (let from = 0; from < this.keys.length; from += BATCH) {
      await this.#run(this.keys.slice(from, from + BATCH).map((key) => this.#get(key)));
    }
    return this.hits - before;
  }

  #command(key) {
    const number = this.random.below(100);
    if (number < 60) return this.#get(key);
    if (number < 70) return this.#meta(key);
    if (number < 85) return this.#set(key);
    if (number < 89) return this.#delete(key);
    if (number < 93) return this.#append(key);
    if (number < 96) return this.#touch(key);
    if (number < 98) return this.#add(key);
    return this.#hot(key);
  }

  async #run(commands) {
    await this.client.send(commands.map((command) => command.request).join(''));
    for (const command of commands) await command.check();
  }

  #note(isHit) {
    if (isHit) ++this.hits;
    else ++this.misses;
  }

  /** Reads what the rest of a reply should be. */
  async #expect(text, what) {
    const read = await this.client.read(text.length);
    if (read === text) return;
    let at = 0;
    while (read[at] === text[at]) ++at;
    assert.fail(
      `${what}: at ${at} of ${text.length} ${JSON.stringify(read.slice(at, at + 80))}, not ${text.slice(at, at + 40)}`,
    );
  }

  async #line(key, allowed) {
    const line = (await this.client.readLine()).trimEnd();
    assert.ok(allowed.includes(line), `${key.name}, version ${key.version}: ${line.slice(0, 100)}`);
    return line;
  }

  #get(key) {
    const check = async () => {
      const line = await this.client.readLine();
      this.#note(line !== 'END\r\n');
      if (line === 'END\r\n') return;
      assert.notEqual(key.value, null, `${key.name} was deleted: ${line}`);
      assert.equal(line, `VALUE ${key.name} 0 ${key.value.length}\r\n`);
      await this.#expect(`${key.value}\r\nEND\r\n`, key.name);
    };
    return { request: `get ${key.name}\r\n`, check };
  }

  /** With an opaque and the key, which a miss repeats as well; quiet ones say nothing then. */
  #meta(key) {
    const isQuiet = this.random.oneIn(2);
    const opaque = this.random.next();
    const end = `O${opaque} k${key.name}\r\n`;
    const check = async () => {
      const line = await this.client.readLine();
      const isHit = line.startsWith('VA ');
      this.#note(isHit);
      if (!isHit) return assert.equal(line, isQuiet ? 'MN\r\n' : `EN ${end}`);
      assert.notEqual(key.value, null, `${key.name} was deleted: ${line}`);
      assert.equal(line, `VA ${key.value.length} ${end}`);
      await this.#expect(`${key.value}\r\n${isQuiet ? 'MN\r\n' : ''}`, key.name);
    };
    return { request: `mg ${key.name} O${opaque} k v${isQuiet ? ' q\r\nmn' : ''}\r\n`, check };
  }

  #set(key) {
    const value = this.#next(key);
    const check = async () => {
      await this.#line(key, ['STORED']);
      key.value = value;
    };
    return { request: set(key.name, value), check };
  }

  #delete(key) {
    const check = async () => {
      const line = await this.#line(key, ['DELETED', 'NOT_FOUND']);
      if (line === 'DELETED') assert.notEqual(key.value, null, `${key.name} was deleted twice`);
      key.value = null;
    };
    return { request: `delete ${key.name}\r\n`, check };
  }

  #append(key) {
    const more = ` and ${key.name} ${++key.version}`;
    const check = async () => {
      const line = await this.#line(key, ['STORED', 'NOT_STORED']);
      if (line === 'NOT_STORED') return;
      assert.notEqual(key.value, null, `${key.name} was deleted, and appended to`);
      key.value += more;
    };
    return { request: `append ${key.name} 0 0 ${more.length}\r\n${more}\r\n`, check };
  }

  #touch(key) {
    const check = async () => {
      const line = await this.#line(key, ['TOUCHED', 'NOT_FOUND']);
      if (line === 'TOUCHED') assert.notEqual(key.value, null, `${key.name} was deleted, and touched`);
    };
    return { request: `touch ${key.name} 0\r\n`, check };
  }

  #add(key) {
    const value = this.#next(key);
    const check = async () => {
      const line = await this.#line(key, ['STORED', 'NOT_STORED']);
      if (line === 'STORED') key.value = value;
      else assert.notEqual(key.value, null, `${key.name} was deleted, and is there`);
    };
    return { request: `add ${key.name} 0 0 ${value.length}\r\n${value}\r\n`, check };
  }

  /** What memory has is there, whatever the device does. */
  #hot(key) {
    const value = `${key.name} ${++key.version}`;
    const check = async () => {
      await this.#line(key, ['STORED']);
      key.value = value;
      await this.#expect(`VALUE ${key.name} 0 ${value.length}\r\n${value}\r\nEND\r\n`, key.name);
    };
    return { request: `${set(key.name, value)}get ${key.name}\r\n`, check };
  }
}
