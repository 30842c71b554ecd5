// A cache inside a Node program. Run it: npm install FILE.tgz && node node-embed.mjs
//
// Everything is synchronous once the store is open: it is memory in this process, with a limit in bytes.

import { open } from 'isocache';

const cache = await open({ maxBytes: 16 * 1024 * 1024 });

// Values are strings or bytes. A TTL is in milliseconds; without one a value stays until it is deleted or evicted.
cache.set('user:1', JSON.stringify({ name: 'Ada' }), { ttl: 60_000 });
console.log('user:1 is', JSON.parse(cache.get('user:1')).name);
console.log('user:2 is', cache.get('user:2'));

// Many keys in one call cost much less than many calls.
cache.setMany([
  ['colour:sky', 'blue'],
  ['colour:grass', 'green'],
]);
console.log('colours:', cache.getMany(['colour:sky', 'colour:grass', 'colour:sea']));

// Counters are 64 bits wide.
for (let i = 0; i < 3; ++i) cache.incr('visits', 1n, { initial: 1n });
console.log('visits:', cache.get('visits'));

// An item is the value with what the cache knows about it; `cas` stores only if nobody has meanwhile.
const { cas, ttl } = cache.getItem('user:1');
console.log('left to live:', ttl > 55_000 ? 'about a minute' : `${ttl} ms`);
console.log('first writer:', cache.cas('user:1', '{"name":"Grace"}', cas));
console.log('second writer:', cache.cas('user:1', '{"name":"Alan"}', cas));

// The same cache speaks memcached's protocol, with no network in between.
const reply = cache.execute('mg colour:sky v s\r\n');
console.log('the protocol:', new TextDecoder().decode(reply).split('\r\n'));

// When it is full, what is used least goes. The limit holds to the byte, whatever you store.
const value = 'x'.repeat(1000);
for (let i = 0; i < 50_000; ++i) cache.set(`page:${i}`, value);
const { items, bytes, maxBytes, evictions } = cache.stats();
console.log('within the limit:', bytes <= maxBytes, '- evicted:', evictions > 0, '- items:', items > 10_000);

// Gives the memory back. TypeScript, and Node from version 24 on, do it by themselves at the end of a block:
// `using cache = await open()`.
cache.close();
