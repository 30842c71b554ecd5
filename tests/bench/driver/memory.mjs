// How many items fit, and what the process takes for it, when three times too many were set.
import { setTimeout as sleep } from 'node:timers/promises';

import { load } from './programs.mjs';
import { withServer } from './servers.mjs';
import { count, fixed, print, times } from './table.mjs';

const keySize = 20;

function fill(name, memoryMb, threads, valueSize) {
  // 28 bytes beside key and value is less than either server needs: so this is more than three times.
  const keys = Math.ceil((3 * memoryMb * 2 ** 20) / (keySize + valueSize + 28));
  return withServer(name, { memoryMb, threads }, async (server) => {
    await load(server, { workload: 'set', sequential: true, requests: keys, keys, keySize, valueSize, depth: 32, connections: 4 });
    await sleep(500); // background work settles
    const { curr_items: items, evictions } = await server.stats();
    return { keys, items, evictions, rssMb: server.rssMb() };
  });
}

export async function memory({ memoriesMb, valueSizes, markdown, threads }) {
  const rows = [];
  for (const memoryMb of memoriesMb) {
    for (const valueSize of valueSizes) {
      const [theirs, ours] = [
        await fill('memcached', memoryMb, threads, valueSize),
        await fill('isocached', memoryMb, threads, valueSize),
      ];
      const overhead = ({ items }) => fixed(1)((memoryMb * 2 ** 20) / items - keySize - valueSize);
      rows.push([
        `-m ${memoryMb}, ${valueSize} B`,
        count(theirs.items),
        count(ours.items),
        times(ours.items / theirs.items),
        overhead(theirs),
        overhead(ours),
        fixed(1)(theirs.rssMb),
        fixed(1)(ours.rssMb),
      ]);
    }
  }
  print(
    `Items held after three times as many sets (${keySize}-byte keys), bytes of -m an item beyond key and value, RSS`,
    ['', 'memcached', 'isocached', 'ratio', 'memcached overhead', 'isocached overhead', 'memcached MB', 'isocached MB'],
    rows,
    markdown,
  );
}
