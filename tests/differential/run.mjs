// node tests/differential/run.mjs [--streams N] [--seed N] [--binary] [--oracle-only]
// Random command streams, isocached (ISOCACHED) and Debian's memcached side by side.
// --binary: frames of the binary protocol. --oracle-only plays memcached against itself: a test of the test.

import { parseArgs } from 'node:util';

import { QUIET_MEMCACHED, startIsocached, startMemcached } from '../lib/server.mjs';
import { compareStreams } from './compare.mjs';

const { values: options } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    binary: { type: 'boolean', default: false },
    'oracle-only': { type: 'boolean', default: false },
  },
});
const count = Number(options.streams);
const seed = Number(options.seed);

const theirs = await startMemcached(QUIET_MEMCACHED);
const ours = options['oracle-only'] ? await startMemcached(QUIET_MEMCACHED) : await startIsocached(['-t', '2']);
const began = Date.now();
try {
  const failures = await compareStreams(ours, theirs, {
    count,
    seed,
    binary: options.binary,
    progress: (done) =>
      process.stderr.write(`\r${done} of ${count} streams, ${((Date.now() - began) / 1000).toFixed(0)} s`),
  });
  process.stderr.write('\n');
  for (const server of [ours, theirs].filter(({ alive }) => !alive)) {
    console.log(`${server.name} ended: ${server.child.signalCode} ${server.stderr}`);
  }
  for (const failure of failures) console.log(`${failure}\n`);
  console.log(
    failures.length === 0 ? `${count} streams from seed ${seed}: no difference` : `${failures.length} streams differ`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  await ours.stop();
  await theirs.stop();
}
