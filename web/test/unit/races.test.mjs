// The explorer against an oracle that knows nothing of it: it lists the orders by itself, and plays each from nothing
// on a store of the package.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { open } from '../../../wasm/dist/esm/entry/index.js';
import { Player } from '../../../build/web/unit/player/player.js';
import {
  countOrders,
  explore,
  MAX_ORDERS,
  orderAt,
  raceOfTape,
  SCENES,
  stepsOf,
} from '../../../build/web/unit/races/index.js';
import { parseSteps } from '../../../build/web/unit/tape/parse.js';

const START_MS = Date.UTC(2026, 0, 1);
const text = (bytes) => Buffer.from(bytes).toString('latin1');

/** All orders of so many acts a lane, as strings of lane numbers. */
function allOrders(lengths) {
  if (lengths.every((length) => length === 0)) return [''];
  return lengths.flatMap((length, lane) =>
    length === 0 ? [] : allOrders(lengths.with(lane, length - 1)).map((rest) => `${lane}${rest}`),
  );
}

/** What a client made of its replies, by its own reading of them. */
class OracleClient {
  constructor(connection) {
    this.connection = connection;
    this.row = '';
  }

  may(when) {
    const reply = { missed: this.lastRead, won: this.lastRead }[when] ?? this.lastStore;
    if (when === 'missed') return reply === undefined || /^(END|EN)\r\n/.test(reply);
    if (when === 'won') return reply !== undefined && / W\r\n/.test(reply);
    if (when === 'stored') return reply !== undefined && /^(STORED|HD)/.test(reply);
    if (when === 'refused') return reply !== undefined && /^(NOT_STORED|EXISTS|NOT_FOUND|NS|EX|NF)/.test(reply);
    return true;
  }

  send(act) {
    const read = (this.lastRead ?? '').split('\r\n');
    const words = read[0].split(' ');
    const cas = words[0] === 'VALUE' ? words[4] : words.find((word) => word.startsWith('c'))?.slice(1);
    const known = { read: read[1], 'read+1': `${Number(read[1]) + 1}`, cas, row: this.row };
    let { line, value } = act;
    for (const [name, is] of Object.entries(known)) {
      line = line.replaceAll(`{${name}}`, is);
      value = value?.replaceAll(`{${name}}`, is);
    }
    if (value !== undefined) line = `${line.replace('{length}', value.length)}\r\n${value}`;
    const reply = text(this.connection.feed(`${line}\r\n`));
    if (/^(get|gets|mg) /.test(line)) this.lastRead = reply;
    else if (!/^(delete|md) /.test(line)) this.lastStore = reply;
    return { bytes: `${line}\r\n`, reply, isStore: !/^(get|gets|mg|delete|md) /.test(line) };
  }
}

/** Plays one order; gives the judge's verdict and what was sent. */
async function play(race, order) {
  const store = await open({ maxBytes: 1 << 20, now: () => START_MS });
  const clients = race.lanes.map(() => new OracleClient(store.connect()));
  for (const { bytes } of race.setup) clients[0].connection.feed(bytes);
  const left = race.lanes.map(({ acts }) => [...acts]);
  const world = { row: race.row, loads: 0, stores: 0, inside: 0, mostInside: 0 };
  const sent = [];
  for (const lane of order) {
    const client = clients[lane];
    const act = left[lane].shift();
    if (!client.may(act.when)) continue;
    if (act.kind === 'read row') {
      ++world.loads;
      client.row = world.row;
    } else if (act.kind === 'write row') {
      world.row = client.row = act.row;
    } else if (act.kind === 'enter') {
      world.mostInside = Math.max(world.mostInside, ++world.inside);
    } else if (act.kind === 'leave') {
      --world.inside;
    } else {
      const { bytes, reply, isStore } = client.send(act);
      sent.push([race.lanes[lane].client, bytes, reply]);
      if (isStore && /^(STORED|HD|VA|\d)/.test(reply)) ++world.stores;
    }
  }
  const minds = clients.map(({ lastStore }) => ({ stored: lastStore && /^(STORED|HD)/.test(lastStore) }));
  const verdict = race.judge({ ...world, minds, value: (key) => store.get(key) });
  store.close();
  return { verdict, sent };
}

const variants = SCENES.flatMap((scene) => scene.variants.map((variant) => ({ scene, variant })));

describe('every scene against the oracle', { concurrency: 1 }, () => {
  for (const { scene, variant } of variants) {
    test(`${scene.title}: ${variant.name}`, { timeout: 300_000 }, async () => {
      const orders = allOrders(variant.lanes.map(({ acts }) => acts.length));
      const result = await explore(variant);
      const player = await Player.open();
      assert.equal(result.total, orders.length);
      const seen = new Map();
      for (const [number, order] of orders.entries()) {
        const lanes = [...order].map(Number);
        assert.deepEqual(orderAt(variant, number), lanes, `order ${number}`);
        const { verdict, sent } = await play(variant, lanes);
        const outcome = result.outcomes[result.outcomeOf[number]];
        assert.deepEqual({ bad: outcome.bad, text: outcome.text }, verdict, order);
        assert.equal(result.verdicts[number], Number(verdict.bad), order);
        seen.set(verdict.text, (seen.get(verdict.text) ?? 0) + 1);
        if (outcome.first !== number && number % 97 !== 0) continue;
        const steps = (await stepsOf(variant, lanes)).slice(variant.setup.length);
        assert.equal(steps.length, lanes.length, 'a step for each act');
        player.load({ memoryBytes: 1 << 20, steps: [...variant.setup, ...steps] });
        const played = player.results
          .slice(variant.setup.length)
          .filter(({ step }) => step.kind === 'send')
          .map(({ step, reply }) => [step.client, text(step.bytes), text(reply)]);
        assert.deepEqual(played, sent, `${order}, opened as a tape`);
      }
      assert.deepEqual(new Map(result.outcomes.map((outcome) => [outcome.text, outcome.count])), seen);
      assert.equal(
        result.bad,
        result.verdicts.reduce((sum, bad) => sum + bad, 0),
      );
      player.close();
    });
  }
});

test('the plain way goes wrong in each scene, the last way never does', async () => {
  const figures = {};
  for (const { id, variants } of SCENES) {
    const results = [];
    for (const variant of variants) results.push(await explore(variant));
    figures[id] = results.map(({ bad, total }) => `${bad} of ${total}`);
  }
  assert.deepEqual(figures, {
    fill: ['9 of 70', '0 of 70'],
    stampede: ['1620 of 1680', '0 of 1680'],
    update: ['64 of 70', '0 of 70'],
    counter: ['1512 of 1680', '0 of 1680', '0 of 1680'],
    delete: ['726 of 1680', '188 of 1680', '0 of 1680'],
    lock: ['24 of 70', '0 of 70'],
  });
});

describe('orders', () => {
  test('so many as there are', () => {
    assert.equal(countOrders([4, 4]), 70);
    assert.equal(countOrders([3, 3, 3]), 1680);
    assert.equal(countOrders([2, 2, 2, 2]), 2520);
    assert.equal(countOrders([0, 3]), 1);
  });

  test('there is no order beyond the last, and none before the first', () => {
    const [{ variants }] = SCENES;
    for (const number of [-1, 70, 0.5]) assert.throws(() => orderAt(variants[0], number), RangeError);
  });
});

describe('a race of one’s own', () => {
  const tapeOf = (lines) => ({ memoryBytes: 1 << 20, steps: parseSteps(lines).steps });
  const bytes = (line) => Buffer.from(line);

  test('the steps of a tape in all orders: what ends otherwise', async () => {
    const tape = tapeOf(String.raw`@alice set n 0 0 1\r\n0
@bob mn
@alice incr n 1
# a note
@bob append n 0 0 1\r\n5
@alice get n
@bob incr n 1`);
    const { race } = await raceOfTape(tape, 2);
    const result = await explore(race);
    assert.deepEqual(
      result.outcomes.map(({ text: outcome, bad, count }) => [outcome, bad, count]),
      [
        ['n: "7 "', true, 3],
        ['n: 16', false, 3],
      ],
    );
    const steps = await stepsOf(race, orderAt(race, 0));
    assert.deepEqual(
      steps.map(({ client }) => client),
      ['alice', 'bob', 'alice', 'alice', 'bob', 'bob'],
    );
  });

  test('a setup with everything that a tape may have, keys of any bytes, and braces are braces', async () => {
    const tape = tapeOf(String.raw`fill x: 20 100
+5s
evict
@alice quit
@alice ms bXkgcGFnZQ== 6 b\r\n{read}
@bob mg bXkgcGFnZQ== b N30`);
    const { race } = await raceOfTape(tape, 4);
    const { total, outcomes } = await explore(race);
    assert.deepEqual([total, outcomes.map(({ text: outcome }) => outcome)], [2, ['my page: {read}']]);
  });

  test('a setup that is too much work is left out, as the player does it', async () => {
    const huge = { kind: 'fill', prefix: 'x', count: 100_000, valueBytes: 500_000 };
    const tape = tapeOf('@alice mn\n@bob mn');
    const { race } = await raceOfTape({ ...tape, steps: [huge, ...tape.steps] }, 1);
    assert.equal((await explore(race)).total, 2);
  });

  test('what is no race says why', async () => {
    const lines = `@alice mn
+5s
@alice mn
@bob mn`;
    assert.match((await raceOfTape(tapeOf(lines), 0)).error, /nothing but commands/);
    assert.match((await raceOfTape(tapeOf(lines), 3)).error, /two clients/);
    assert.match((await raceOfTape(tapeOf(lines), 9)).error, /two clients/);
    const send = (client) => Array(10).fill({ kind: 'send', client, bytes: bytes('mn\r\n') });
    const large = { memoryBytes: 1 << 20, steps: [...send('alice'), ...send('bob')] };
    assert.match((await raceOfTape(large, 0)).error, /184,756 orders/);
    assert.ok((await raceOfTape(tapeOf(lines), 2)).race);
  });
});

describe('limits', () => {
  const act = { kind: 'send', say: 'reads', line: 'get page' };
  const raceOf = (...lengths) => ({
    setup: [],
    row: '',
    lanes: lengths.map((length, i) => ({ client: `c${i}`, acts: Array(length).fill(act) })),
    judge: () => ({ bad: false, text: 'done' }),
  });

  test('a race with too many orders is refused with a sentence, before anything runs', async () => {
    const open = () => assert.fail('no store is needed');
    await assert.rejects(
      explore(raceOf(8, 9), { open }),
      /mixed in 24,310 orders, and 20,000 are the most. Leave one out./,
    );
    await assert.rejects(explore(raceOf(4), { open }), /2 to 4 clients, not 1/);
    await assert.rejects(explore(raceOf(1, 1, 1, 1, 1), { open }), /2 to 4 clients, not 5/);
    assert.ok(countOrders([8, 8]) <= MAX_ORDERS);
  });

  test('four clients', async () => {
    const { total, bad, outcomes } = await explore(raceOf(2, 1, 2, 1));
    assert.deepEqual([total, bad, outcomes.length], [180, 0, 1]);
  });

  test('the page gets its turn, is told how far it is, and may end it', async () => {
    const { variants } = SCENES.find(({ id }) => id === 'stampede');
    const seen = [];
    let turns = 0;
    const timer = setInterval(() => ++turns, 1);
    await explore(variants[0], { onProgress: (done, total) => seen.push([done, total]) });
    clearInterval(timer);
    assert.ok(turns > 1);
    assert.deepEqual(seen.at(-1), [1680, 1680]);
    assert.ok(seen.length > 3 && seen.every(([done], i) => i === 0 || done >= seen[i - 1][0]));

    const controller = new AbortController();
    const ended = explore(variants[0], { signal: controller.signal, onProgress: () => controller.abort() });
    await assert.rejects(ended, { name: 'AbortError' });
  });
});
