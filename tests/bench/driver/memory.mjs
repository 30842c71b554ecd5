// How many items fit, and what the process takes for it, when many more were set.
import { setTimeout as sleep } from 'node:timers/promises';

import { load } from './programs.mjs';
import { withServer } from './servers.mjs';
import { count, fixed, print, times } from './table.mjs';

const keySize = 20;

function fill(name, memoryMb, threads, valueSize) {
  // 28 bytes beside key and value is less than either server needs.
  const keys = Math.ceil((1.5 * memoryMb * 2 ** 20) / (keySize + valueSize + 28));
  return withServer(name, { memoryMb, threads }, async (server) => {
    await load(server, {
      workload: 'set',
      sequential: true,
      requests: keys,
      keys,
      keySize,
      valueSize,
      depth: 32,
      connections: 4,
    });
    await sleep(500); // background work settles
    const { curr_items: items } = await server.stats();
    if (items > 0.95 * keys) throw new Error(`${name}: not full with ${items} of ${keys} items`);
    return { items, rssMb: server.rssMb() };
  });
}

// { '-m 64, 10 B': { theirs, ours } }, items held
export async function memory({ memoriesMb, valueSizes, quick, markdown, threads }) {
  const held = {};
  const rows = [];
  for (const memoryMb of memoriesMb ?? (quick ? [8] : [64, 1024])) {
    for (const valueSize of valueSizes) {
      const [theirs, ours] = [
        await fill('memcached', memoryMb, threads, valueSize),
        await fill('isocached', memoryMb, threads, valueSize),
      ];
      const title = `-m ${memoryMb}, ${valueSize} B`;
      const overhead = ({ items }) => fixed(1)((memoryMb * 2 ** 20) / items - keySize - valueSize);
      held[title] = { theirs: theirs.items, ours: ours.items };
      rows.push([
        title,
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
    `Items held when full (${keySize}-byte keys), bytes of -m an item beyond key and value, RSS`,
    ['', 'memcached', 'isocached', 'ratio', 'memcached overhead', 'isocached overhead', 'memcached MB', 'isocached MB'],
    rows,
    markdown,
  );
  return held;
}
