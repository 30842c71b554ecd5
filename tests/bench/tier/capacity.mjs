// How many items memory and flash serve together, and what an item on flash takes in memory.
import { load } from '../driver/programs.mjs';
import { count, fixed, print, times } from '../driver/table.mjs';
import { contestants, fill, keyBytes, withoutPageCache, withTier } from './servers.mjs';

const VALUE_BYTES = 500;
const ITEM_ON_FLASH_BYTES = VALUE_BYTES + keyBytes + 40; // about, with either server
const HEADER_BYTES = 105; // of an item on flash, in memcached's memory
const ENTRY_BYTES = 12; // of an item on flash: isocached's index takes three quarters of the memory at most
const SAMPLE = 60_000;

// More than each can serve: its flash full, and more than its memory has room for. memcached is filled slowly,
// else it serves less; isocached at the rate that a disk of 200 MB/s keeps up with.
function toStore(name, { memoryMb, flashMb, fillRate }) {
  const flash = Math.ceil((1.2 * flashMb * 2 ** 20) / ITEM_ON_FLASH_BYTES);
  const memory = (bytes) => Math.ceil((1.25 * memoryMb * 2 ** 20) / bytes);
  return name === 'memcached'
    ? { keys: Math.min(flash, memory(HEADER_BYTES)), fillRate }
    : { keys: Math.min(flash, memory(ENTRY_BYTES)), fillRate: 8 * fillRate };
}

// Bytes of memory for each item on flash. memcached: the headers' chunks, and the hash table. Ours: all that the
// store has lent, so the buffers for writes, too.
async function ramAnItem(server) {
  const stats = await server.stats();
  if (server.name === 'isocached') return stats.isocache_tier_lent_bytes / stats.extstore_objects_used;
  const slabs = await server.stats('slabs');
  return Number(slabs['1:chunk_size']) + stats.hash_bytes / stats.curr_items;
}

async function measure(contestant, options) {
  const { keys, fillRate } = toStore(contestant.name, options);
  return withTier(contestant, options, async (server) => {
    await withoutPageCache(server, () => fill(server, { keys, valueSize: VALUE_BYTES, fillRate }));
    const ram = await ramAnItem(server);
    // A sample of all keys: to read millions would take as many reads of the disk. The error is a few tenths of a %.
    const run = await load(server, {
      workload: 'get',
      keys,
      keySize: keyBytes,
      valueSize: VALUE_BYTES,
      requests: Math.min(SAMPLE, keys),
      connections: 16,
    });
    const served = Math.round((keys * run.values) / run.keys);
    const stats = await server.stats();
    return { keys, served, ram, errors: run.errors, refused: stats.isocache_tier_not_appended ?? NaN };
  });
}

// { served: [theirs, ours], ram: [theirs, ours], errors }
export async function capacity(options) {
  const results = [];
  for (const at of [0, 2]) results.push(await measure(contestants[at], options));
  const [theirs, ours] = results;
  print(
    `Items of ${VALUE_BYTES} B that are served: -m ${options.memoryMb}, flash of ${options.flashMb} MB`,
    ['', 'stored', 'served', 'ratio', 'RAM bytes an item on flash', 'refused, as the disk was behind'],
    results.map(({ keys, served, ram, refused }, at) => [
      ['memcached', 'isocached'][at],
      count(keys),
      count(served),
      times(served / theirs.served),
      fixed(1)(ram),
      Number.isNaN(refused) ? '-' : count(refused),
    ]),
    options.markdown,
  );
  return { served: [theirs.served, ours.served], ram: [theirs.ram, ours.ram], errors: ours.errors };
}
