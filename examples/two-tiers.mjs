// A cache that is larger than its memory. Run it: npm install FILE.tgz && node two-tiers.mjs [FILE]
//
// What 8 MB of memory have no room for lies in a file. Memory keeps about 9 bytes for each such item. All calls stay
// synchronous: a read of the file takes this program's time.

import { tmpdir } from 'node:os';
import path from 'node:path';

import { open } from 'isocache';
import { fileDevice } from 'isocache/node';

// The file must not exist. It loses its name at once, so that it is gone whenever this process ends.
const file = process.argv[2] ?? path.join(tmpdir(), `two-tiers-${process.pid}`);
const cache = await open({
  maxBytes: 8 * 2 ** 20,
  tier: { device: fileDevice(file, { bytes: 256 * 2 ** 20 }) },
  // A disk that fails makes misses, not errors. This is how to hear of it.
  onError: (error) => console.error('the cache has trouble:', error),
});

const page = (id) => `<h1>Page ${id}</h1>`.padEnd(2000, '.');
for (let id = 0; id < 20_000; ++id) cache.set(`page:${id}`, page(id));

const { items, bytes, maxBytes, all } = cache.stats();
console.log('items:', items, '- memory is within its limit:', bytes <= maxBytes);
console.log('most are in the file:', Number(all.extstore_objects_used) > 15_000);

// Everything works on an item in the file: it is read, changed, and is in memory again.
console.log('the first page:', cache.get('page:0') === page(0));
cache.append('page:0', '<hr>');
console.log('it has changed:', cache.get('page:0').endsWith('<hr>'));
console.log('there is no such page:', cache.get('page:-1'));

// Closes the file, too.
cache.close();
