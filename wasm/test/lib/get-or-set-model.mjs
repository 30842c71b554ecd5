// A model of getOrSet: callers in this process and behind clients, on one cache, under a clock that the model turns and
// a scheduler that a seed decides. Every message waits until the scheduler lets it pass. What it checks:
//
//   no lost write     what was loaded is not stored over a write, delete or mark that came after the load began
//   nothing older     a getOrSet gives nothing that was loaded before a set or delete that it came after
//   one at a time     no load begins while another one's lease lasts, if nobody has written and it has not failed
//   no lease seen     no read gives the empty item of a lease
//   no end missing    every call ends once the loads have, or their leases are over
//   no stale for ever in the end the cache holds what was written or loaded last, also when a client has died that was
//                     to load it; and while nobody loads, who asks for what is stale does

import { mock } from 'node:test';

import { createClient } from 'isocache/client';

const LEASE_S = 10;
const STEPS = 60;
const KEY = 'k';

export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (n) => Math.floor(next() * n),
    oneIn: (n) => next() * n < 1,
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

const settled = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** `server`: { execute(client, bytes): replies, advance?(ms), store? }. Throws if a promise is broken. */
class Model {
  constructor(seed, server) {
    this.random = random(seed);
    this.server = server;
    this.trace = [];
    this.time = 0; // counts all that happens
    this.seconds = 0; // of the clock
    this.writes = []; // executed: { time, value, kind }
    this.wins = new Map(); // by user: when it was chosen, for loads that have not begun
    this.loads = []; // { by, value, chosen, chosenS, began, state, end }
    this.calls = []; // { began, settled, controller }
    this.links = [];
    this.clients = [0, 1].map((n) => this.connect(n));
    this.users = server.store === undefined ? this.clients : [...this.clients, server.store];
  }

  connect(number) {
    const link = { number, out: [], in: [], receiver: undefined };
    this.links.push(link);
    return createClient({
      timeout: Infinity,
      now: () => this.server.now(),
      transport: (receiver) => {
        link.receiver = receiver;
        return {
          send: (bytes) => {
            link.out.push(bytes.slice());
          },
          close() {},
        };
      },
    });
  }

  note(what) {
    this.trace.push(`${++this.time}: ${what}`);
  }

  // --- the scheduler ------------------------------------------------------------------------------

  async run() {
    for (let step = 0; step < STEPS; ++step) {
      await this.step();
      await settled();
    }
    await this.finish();
  }

  step() {
    const { random } = this;
    switch (random.below(12)) {
      case 0:
      case 1:
        return this.call();
      case 2:
        return this.write();
      case 3:
        return this.read();
      case 4:
      case 5:
        return this.endLoad();
      case 6:
        return this.abort();
      case 7:
        return random.oneIn(3) ? this.advance(500 * (1 + random.below(8))) : this.kill();
      default:
        return this.links.length > 0 ? this.deliver(random.pick(this.links)) : undefined;
    }
  }

  async deliver(link) {
    if (link.out.length > 0 && (link.in.length === 0 || this.random.oneIn(2))) {
      const bytes = link.out.shift();
      const requests = Buffer.from(bytes).toString('latin1');
      this.executed(requests, `client ${link.number}`);
      const replies = await this.server.execute(link.number, bytes);
      this.noteWins(link.number, requests, Buffer.from(replies).toString('latin1'));
      link.in.push(replies);
    } else if (link.in.length > 0) {
      this.note(`client ${link.number} is answered`);
      link.receiver.receive(link.in.shift());
    }
  }

  /** Notes the writes among requests that the server is about to execute; those with a cas are getOrSet's own. */
  executed(requests, who) {
    this.note(`${who}: ${JSON.stringify(requests)}`);
    for (const [, verb, rest, value] of requests.matchAll(/(?<=^|\n)(ms|md) k([^\r]*)\r\n(?:(\w+)\r\n)?/g)) {
      const ours = / C\d/.test(rest);
      if (verb === 'ms') this.stored(value, ours);
      else if (!ours) this.wrote(/ I/.test(rest) ? 'mark' : 'delete');
    }
  }

  /** Replies come in the order of the requests; values have no line ends. */
  noteWins(client, requests, replies) {
    const lines = replies.split('\r\n');
    for (const request of requests.split('\r\n').filter((line) => /^m[a-z] /.test(line))) {
      const line = lines.shift();
      if (line.startsWith('VA ')) lines.shift();
      if (/ N\d/.test(request) && / W$/.test(line))
        this.winsOf(this.clients[client]).push({ chosen: this.time, chosenS: this.seconds });
    }
  }

  winsOf(user) {
    if (!this.wins.has(user)) this.wins.set(user, []);
    return this.wins.get(user);
  }

  wrote(kind, value) {
    this.writes.push({ time: this.time, kind, value });
  }

  /** A fill is only an attempt: whether it was stored is seen by verify(). */
  stored(value, ours) {
    if (!ours) this.wrote('set', value);
  }

  // --- what users do ------------------------------------------------------------------------------

  call(user = this.random.pick(this.users)) {
    const controller = new AbortController();
    const call = { by: user, began: this.time, controller, settled: false };
    this.calls.push(call);
    this.note(`getOrSet by ${this.nameOf(user)}`);
    const options = { lease: LEASE_S * 1000, signal: controller.signal };
    call.result = user
      .getOrSet(KEY, () => this.load(user), options)
      .then(
        (value) => {
          call.settled = true;
          call.value = value;
          this.gave(call, value);
        },
        (error) => {
          call.settled = true;
          if (!/^(failed|aborted)$/.test(error.message)) this.failure ??= error;
        },
      );
    return undefined;
  }

  /** What a client was about to send is never sent. */
  kill() {
    if (this.server.store === undefined || !this.random.oneIn(20)) return;
    const link = this.links.pop();
    if (link === undefined) return;
    this.note(`client ${link.number} dies`);
    const dead = this.clients[link.number];
    this.killed = true;
    this.users = this.users.filter((user) => user !== dead);
    this.calls = this.calls.filter(({ by }) => by !== dead);
    for (const load of this.loads) if (load.by === dead && load.state === 'runs') load.state = 'lost';
  }

  nameOf(user) {
    return user === this.server.store ? 'the process' : `client ${this.clients.indexOf(user)}`;
  }

  load(user) {
    const won = this.winsOf(user).shift() ?? { chosen: this.time, chosenS: this.seconds };
    this.note(`load${this.loads.length} begins`);
    const load = { by: user, value: `load${this.loads.length}`, ...won, began: this.time, state: 'runs' };
    this.oneAtATime(load);
    this.loads.push(load);
    return new Promise((resolve, reject) => {
      load.end = (good) => {
        this.note(`${load.value} ${good ? 'ends' : 'fails'}`);
        load.state = good ? 'loaded' : 'failed';
        load.endedAt = this.time;
        if (good) resolve(load.value);
        else reject(new Error('failed'));
      };
    });
  }

  endLoad() {
    const running = this.loads.filter(({ state }) => state === 'runs');
    if (running.length > 0) this.random.pick(running).end(!this.random.oneIn(4));
  }

  abort() {
    const waiting = this.calls.filter((call) => !call.settled);
    if (waiting.length > 0 && this.random.oneIn(2)) this.random.pick(waiting).controller.abort(new Error('aborted'));
  }

  write() {
    const user = this.random.pick(this.users);
    const value = `set${this.writes.length}x${this.time}`;
    const kind = this.random.pick(['set', 'set', 'delete', 'mark']);
    const act = { set: () => user.set(KEY, value), delete: () => user.delete(KEY), mark: () => user.markStale(KEY) }[
      kind
    ];
    this.note(`${kind} ${value} by ${this.nameOf(user)}`);
    if (user === this.server.store) this.wrote(kind, value);
    return void Promise.resolve(act()).catch((error) => {
      this.failure ??= error;
    });
  }

  read() {
    const user = this.random.pick(this.users);
    const seen = (value) => {
      if (value === '') this.failure ??= new Error('a read gave a lease');
    };
    const act = this.random.pick([
      async () => seen(await user.get(KEY)),
      async () => seen((await user.getMany([KEY]))[0]),
      async () => seen((await user.getItem(KEY))?.text()),
      async () => user.has(KEY),
    ]);
    return void act().catch((error) => {
      this.failure ??= error;
    });
  }

  async advance(ms) {
    this.note(`${ms} ms go by`);
    this.seconds += ms / 1000;
    this.server.advance?.(ms);
    mock.timers.tick(ms);
  }

  // --- the promises -------------------------------------------------------------------------------

  fail(message) {
    this.failure ??= new Error(message);
  }

  loadOf(value) {
    return this.loads.find((load) => load.value === value);
  }

  lastWrite(before, kinds = ['set', 'delete', 'mark']) {
    return this.writes.findLast(({ time, kind }) => time < before && kinds.includes(kind));
  }

  oneAtATime(load) {
    for (const other of this.loads) {
      const lasts = this.seconds - other.chosenS < LEASE_S - 1;
      const since = Math.min(load.chosen, other.chosen);
      const changed = this.writes.some(({ time }) => time >= since);
      if (other.state === 'runs' && lasts && !changed) this.fail(`${load.value} begins while ${other.value} runs`);
    }
  }

  gave(call, value) {
    if (value === '') return this.fail('getOrSet gave a lease');
    const load = this.loadOf(value);
    const write = this.lastWrite(call.began, ['set', 'delete']);
    if (load && write && load.began < write.time) this.fail(`a call of step ${call.began} was given ${value}`);
    return undefined;
  }

  /** Of what the cache holds now. */
  async verify() {
    const value = await this.server.peek();
    const load = value === undefined ? undefined : this.loadOf(value);
    const write = this.lastWrite(Infinity);
    if (load && write && load.began < write.time && write.kind !== 'mark')
      this.fail(`${value} is stored over a later ${write.kind}`);
    return value;
  }

  // --- the end ------------------------------------------------------------------------------------

  async drain() {
    for (let quiet = 0; quiet < 3; ) {
      const busy = this.links.find((link) => link.out.length > 0 || link.in.length > 0);
      quiet = busy ? 0 : quiet + 1;
      if (busy) await this.deliver(busy);
      await settled();
    }
  }

  async finish() {
    await this.drain();
    await this.verify();
    // Some loads never end: their leases do.
    for (const load of this.loads) if (load.state === 'runs' && this.random.oneIn(2)) load.end(true);
    for (let i = 0; i < 8 && !this.calls.every((call) => call.settled || this.hangs(call)); ++i) await this.pass();
    for (let i = 0; i < 8; ++i) {
      for (const load of this.loads) if (load.state === 'runs') load.end(true);
      if (!this.calls.every(({ settled: is }) => is)) await this.pass();
    }
    if (!this.calls.every(({ settled: is }) => is)) this.fail('a call has no end');
    await this.verify();
    await this.lastCalls();
    if (this.failure) {
      this.failure.message += `\n${this.trace.join('\n')}`;
      throw this.failure;
    }
  }

  /** Its own load does not end; it may wait. */
  hangs(call) {
    return !call.settled && this.loads.some(({ state }) => state === 'runs');
  }

  async pass() {
    await this.drain();
    await this.advance(LEASE_S * 1000 + 1000);
    await this.drain();
  }

  /** After them the cache holds nothing that was marked or removed. */
  async lastCalls() {
    const write = this.lastWrite(Infinity);
    const isStale = write?.kind === 'mark' && !this.loads.some(({ began }) => began > write.time);
    if (isStale && !this.killed && (await this.verify()) !== undefined) {
      const before = this.loads.length;
      this.call(this.users[0]);
      await this.drain();
      if (this.loads.length === before) this.fail('nobody loads what is stale');
    }
    if (this.server.advance === undefined) return;
    for (let i = 0; i < 4; ++i) {
      this.call(this.users[0]);
      for (let passes = 0; passes < 4; ++passes) {
        await this.drain();
        for (const load of this.loads) if (load.state === 'runs') load.end(true);
        await this.drain();
      }
      await this.pass();
    }
    const value = await this.verify();
    const load = value === undefined ? undefined : this.loadOf(value);
    if (value === undefined) this.fail('after a load the cache holds nothing');
    else if (write?.kind === 'set' && value !== write.value && !load)
      this.fail(`the cache holds ${value}, not ${write.value}`);
    else if (write && write.kind !== 'set' && !(load && load.began > write.time))
      this.fail(`the cache holds ${value} for ever`);
  }
}

/** Runs it under mocked timers. */
export async function runModel(seed, server) {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await new Model(seed, server).run();
  } catch (error) {
    error.message = `seed ${seed}: ${error.message}`;
    throw error;
  } finally {
    mock.timers.reset();
  }
}
