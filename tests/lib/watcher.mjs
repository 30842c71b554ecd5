// A connection that watches (`watch`), and its lines as objects.

import { RawClient } from './client.mjs';

/** "type=item_get key=a" -> {type: 'item_get', key: 'a'}. */
const fieldsOf = (line) => Object.fromEntries(line.split(' ').map((word) => word.split(/=(.*)/).slice(0, 2)));

export class Watcher {
  /** `connect` gives a RawClient, over any transport. */
  static async start(server, words = '', connect = (address) => RawClient.connect(address)) {
    const client = await connect(server.address ?? server);
    await client.send(`watch${words ? ` ${words}` : ''}\r\n`);
    const reply = await client.readLine();
    if (reply !== 'OK\r\n') throw new Error(`watch ${words}: ${JSON.stringify(reply)}`);
    return new Watcher(client);
  }

  constructor(client) {
    this.client = client;
  }

  /** The next line as text. */
  async line(limitMs) {
    const line = await this.client.readUntil('\n', limitMs);
    if (!line.endsWith('\n')) throw new Error('the watcher was closed');
    return line.slice(0, -1);
  }

  /** The next line, as its fields. */
  async next(limitMs) {
    return fieldsOf(await this.line(limitMs));
  }

  /** All lines up to the first one for which `is(fields)` is true, and that one. */
  async until(is) {
    const lines = [];
    do lines.push(await this.next());
    while (!is(lines.at(-1)));
    return lines;
  }

  /** All lines up to the lookup of a key that nobody else asks for. `other` is a client that asks for it. */
  async upTo(other, mark = `mark${Math.random().toString(36).slice(2)}`) {
    await other.ask(`get ${mark}\r\n`);
    const lines = await this.until(({ type, key }) => type === 'item_get' && key === mark);
    return lines.slice(0, -1).filter(({ key }) => key !== '%7F'); // the client's own barriers
  }

  close() {
    this.client.close();
  }
}

/** Watches, calls, closes. */
export async function withWatcher(server, words, use, connect) {
  const watcher = await Watcher.start(server, words, connect);
  try {
    return await use(watcher);
  } finally {
    watcher.close();
  }
}
