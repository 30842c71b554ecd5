// node tests/lib/play.mjs [--memcached] FILE...: plays transcripts by hand and prints what differs.
// `-` reads commands (`> ` lines, or bare ones) from stdin and prints them with the replies, as a transcript.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { escape, expandRepeats, unescape } from './bytes.mjs';
import { RawClient } from './client.mjs';
import { startIsocached, startMemcached, withServer } from './server.mjs';
import { parseTranscript, playStepwise } from './transcript.mjs';

const args = process.argv.slice(2);
const against = args.includes('--memcached') ? startMemcached : startIsocached;
const files = args.filter((arg) => !arg.startsWith('--'));

async function record(server) {
  const client = await RawClient.connect(server.address);
  for (const line of readFileSync(0, 'latin1').split('\n')) {
    if (line === '' || line.startsWith('#') || line.startsWith('<')) {
      if (!line.startsWith('<')) console.log(line);
      if (line.startsWith('# fresh')) await client.ask('flush_all\r\n');
      continue;
    }
    const text = line.startsWith('> ') ? line.slice(2) : line;
    const sent = unescape(expandRepeats(text));
    const reply = await client.ask(sent, 2000).catch((error) => `(${error.message})`);
    console.log(`> ${text}\n< ${escape(reply)}${client.ended ? '<closed>' : ''}`);
    if (client.ended) break;
  }
  client.close();
}

async function versionOf(server) {
  const client = await RawClient.connect(server.address);
  const reply = await client.ask('version\r\n');
  client.close();
  return against === startMemcached ? reply.split(' ')[1].trim() : null;
}

await withServer(against, [], async (server) => {
  const version = await versionOf(server);
  for (const file of files) {
    if (file === '-') {
      await record(server);
      continue;
    }
    for (const section of parseTranscript(readFileSync(file, 'latin1'))) {
      for (const problem of await playStepwise(server, section, { version })) {
        console.log(`${path.basename(file)} ${problem}\n`);
        process.exitCode = 1;
      }
    }
  }
});
