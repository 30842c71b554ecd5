// What is asked over the wire: each command by size of value, depth and connections. A group has servers of
// its own, which first store its keys.

const connectionCounts = [1, 4, 16, 64];
const shapes = [
  ...['get', 'set', 'mg'].flatMap((workload) => [1, 32].map((depth) => ({ workload, depth, valuesEach: depth }))),
  { workload: 'multiget', depth: 1, valuesEach: 100 },
];

// More than this on its way at once says nothing about a server.
const maxInFlightBytes = 64e6;

function title({ workload, depth }, size, connections) {
  const request = workload === 'multiget' ? `multiget of 100 x ${size}` : `${workload} ${size}, ${depth} deep`;
  return `${request}, ${connections} connection${connections === 1 ? '' : 's'}`;
}

// `quick`: belongs to the short form.
function casesOf(size, sizes) {
  return shapes.flatMap(({ valuesEach, ...shape }) =>
    connectionCounts
      .filter((connections) => connections * valuesEach * sizes.valueSize <= maxInFlightBytes)
      .map((connections) => ({
        title: title(shape, size, connections),
        options: { ...shape, connections, ...sizes },
        quick: connections === 1,
      })),
  );
}

const special = (title, options) => ({ title: `${title}, 16 connections`, options, quick: true });

function sizeGroup(size, sizes, more = []) {
  return { title: `${size} values`, sizes, memoryMb: 1024, cases: [...casesOf(size, sizes), ...more] };
}

// Many more keys than fit: nearly every set is of a new one.
const keys = 10_000_000;

export const groups = [
  sizeGroup('100 B', { valueSize: 100, keys: 100_000 }, [
    special('get miss, 32 deep', { workload: 'getmiss', depth: 32 }),
    special('ms 100 B, 32 deep', { workload: 'ms', depth: 32 }),
    special('ma, 32 deep', { workload: 'ma', depth: 32 }),
    special('set 50 to 200 B, 32 deep', { workload: 'overwrite', depth: 32 }),
  ]),
  sizeGroup('10 KB', { valueSize: 10_000, keys: 2000 }),
  sizeGroup('500 KB', { valueSize: 500_000, keys: 60 }),
  {
    title: 'Full: every set evicts',
    sizes: { keys, requests: 600_000 },
    memoryMb: 64,
    cases: [
      special('evicting set 100 B, 1 deep', { workload: 'set', keys }),
      special('evicting set 100 B, 32 deep', { workload: 'set', depth: 32, keys }),
      special('evicting set 100 B, 50,000/s', { workload: 'set', rate: 50_000, keys }),
    ],
  },
];
