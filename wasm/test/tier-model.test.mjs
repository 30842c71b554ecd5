// A store whose items lie on a tier answers as a store that has memory for all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { Random, seedFromEnvironment } from '../../tests/lib/random.mjs';
import { withClock } from './lib/clocked-store.mjs';
import { memoryDevice, stat } from './lib/tiered.mjs';

const MIB = 2 ** 20;
const KEYS = 8000;
const CALLS = 40_000;
const seed = seedFromEnvironment(Date.now() % 1_000_000);

const latin1 = (bytes) => bytes && Buffer.from(bytes).toString('latin1');
// A hit that the tier answers does not count as an access.
const plain = (item) => item && { ...item, value: latin1(item.value), cas: 0n, idle: 0, text: 0 };

function calls(random) {
  const key = () => `key:${random.below(KEYS)}`;
  const value = () =>
    random.below(50) === 0
      ? 'L'.repeat(70_000 + random.below(80_000))
      : `${random.next()}`.repeat(1 + random.below(150));
  const ttl = () => 1000 * (1 + random.below(100));
  const options = () => (random.below(3) ? {} : { ttl: ttl(), flags: random.below(1000) });
  const many = (make) => Array.from({ length: 1 + random.below(20) }, make);
  const table = [
    () => ['set', key(), value(), options()],
    () => ['set', key(), value(), options()],
    () => ['set', key(), String(random.below(1e6)), options()],
    () => ['get', key()],
    () => ['get', key()],
    () => ['getBytes', key()],
    () => ['has', key()],
    () => ['getMany', many(key)],
    () => ['getItem', key(), {}],
    () => ['getItem', key(), { touch: ttl() }],
    () => ['getItem', key(), { peek: true }],
    () => ['getItem', key(), { win: true }],
    () => ['getItem', key(), { lease: 30_000, refreshBelow: 5000 }],
    () => ['add', key(), value(), options()],
    () => ['replace', key(), value(), options()],
    () => ['append', key(), `+${random.below(100)}`],
    () => ['prepend', key(), `-${random.below(100)}`],
    () => ['touch', key(), ttl()],
    () => ['delete', key()],
    () => ['markStale', key(), random.below(2) ? {} : { ttl: ttl() }],
    () => ['setMany', many(() => [key(), value().slice(0, 3000)]), options()],
    () => ['deleteMany', many(key).slice(0, 3)],
    () => ['execute', `gets ${many(key).join(' ')}\r\nmg ${key()} v f t h\r\nincr ${key()} 3\r\n`],
    () => [
      'execute',
      `set ${key()} 1 ${random.below(2) * 60} 5\r\nhello\r\ntouch ${key()} 50\r\nmd ${key()} q\r\nmn\r\n`,
    ],
    () => ['cas', key(), value(), 'its own'],
    () => ['incr', key(), BigInt(random.below(1000)), random.below(2) ? { initial: 5n } : {}],
  ];
  return () => table[random.below(table.length)]();
}

/** What a call gives, in a form that can be compared: cas ids differ once a store has lost a lease. */
function outcome(store, [method, ...args]) {
  try {
    if (method === 'cas') args[2] = store.getItem(args[0], { peek: true })?.cas ?? 1n;
    const result = store[method](...args);
    if (method === 'getItem') return plain(result);
    if (method === 'execute') return latin1(result).replace(/^(VALUE \S+ \d+ \d+) \d+/gm, '$1');
    return method === 'getBytes' ? latin1(result) : result;
  } catch (error) {
    return `${error.code}: ${error.message}`;
  }
}

for (const [name, tier] of [
  ['in memory', () => ({ bytes: 256 * MIB })],
  ['on a device', () => ({ device: memoryDevice(256 * MIB) })],
])
  test(`${CALLS} calls, ${name}`, async (context) => {
    context.diagnostic(`ISOCACHE_SEED=${seed}`);
    const random = new Random(seed);
    const tiered = await withClock({ maxBytes: 4 * MIB, maxItemSize: MIB, tier: tier() });
    const whole = await withClock({ maxBytes: 512 * MIB, maxItemSize: MIB });
    const next = calls(random);
    for (let i = 0; i < CALLS; ++i) {
      const call = next();
      const [got, expected] = [outcome(tiered.store, call), outcome(whole.store, call)];
      assert.deepEqual(got, expected, `call ${i}: ${inspect(call).slice(0, 200)}`);
      if (random.below(100) === 0) {
        const step = random.below(3000);
        tiered.clock.now += step;
        whole.clock.now += step;
      }
    }
    const { store } = tiered;
    for (const figure of ['evictions', 'isocache_tier_not_appended', 'badcrc_from_extstore'])
      assert.equal(stat(store, figure), 0, figure);
    assert.ok(stat(store, 'get_extstore') > CALLS / 20);
    assert.equal(whole.store.stats().evictions, 0);
    for (const one of [store, whole.store]) one.clear();
    for (let i = 0; i < KEYS; ++i) assert.equal(store.get(`key:${i}`), undefined);
  });
