// node tests/differential/run.mjs [--streams N] [--seed N] [--text | --binary] [--oracle-only]
// Random command streams, isocached (ISOCACHED) and Debian's memcached side by side: N of lines, and N of frames of the
// binary protocol. --text, --binary: only these. --oracle-only plays memcached against itself: a test of the test.

import { parseArgs } from 'node:util';

import { QUIET_MEMCACHED, startIsocached, startMemcached } from '../lib/server.mjs';
import { compareStreams } from './compare.mjs';

const { values: options } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    text: { type: 'boolean', default: false },
    binary: { type: 'boolean', default: false },
    'oracle-only': { type: 'boolean', default: false },
  },
});
const count = Number(options.streams);
const seed = Number(options.seed);
const kinds = ['text', 'binary'].filter((kind) => options[kind] || !(options.text || options.binary));

const theirs = await startMemcached(QUIET_MEMCACHED);
const ours = options['oracle-only'] ? await startMemcached(QUIET_MEMCACHED) : await startIsocached(['-t', '2']);

async function compare(kind) {
  const began = Date.now();
  const failures = await compareStreams(ours, theirs, {
    count,
    seed,
    binary: kind === 'binary',
    progress: (done) =>
      process.stderr.write(`\r${done} of ${count} ${kind} streams, ${((Date.now() - began) / 1000).toFixed(0)} s`),
  });
  process.stderr.write('\n');
  for (const failure of failures) console.log(`${failure}\n`);
  const found = failures.length === 0 ? 'no difference' : `${failures.length} streams differ`;
  console.log(`${count} ${kind} streams from seed ${seed}: ${found}`);
  return failures.length === 0;
}

try {
  let good = true;
  for (const kind of kinds) good = (await compare(kind)) && good;
  for (const server of [ours, theirs].filter(({ alive }) => !alive)) {
    console.log(`${server.name} ended: ${server.child.signalCode} ${server.stderr}`);
  }
  process.exitCode = good ? 0 : 1;
} finally {
  await ours.stop();
  await theirs.stop();
}
