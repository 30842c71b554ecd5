// A played tape as a test: a file for `node --test` that needs the package `isocache` and nothing else.

import { latin1 } from '../base/requests.js';
import { number } from '../base/words.js';
import { START_MS } from '../tape/limits.js';
import type { Played, Tape } from '../tape/types.js';
import { writeStep } from '../tape/write.js';
import { escapeAscii } from './latin1.js';

/** What must not stand as it is in a string of single quotes. */
const SPECIAL = "'";

export function testOf(tape: Tape, played: readonly Played[]): string {
  const clients = [...new Set(played.flatMap(({ step }) => (step.kind === 'send' ? [step.client] : [])))];
  const lost = firstWithout(played);
  const body = [
    `const memcached = await startMemcached({ maxBytes: ${tape.memoryBytes}, now: ${START_MS} });`,
    'after(() => memcached.close());',
    ...clients.map((client) => `let ${nameOf(client)} = memcached.store.connect();`),
    ...played.flatMap((one, at) => [...(at === lost ? [NOT_CHECKED] : []), ...linesOf(one, at < lost)]),
  ];
  return `${HEAD}
test('${escapeAscii(new TextEncoder().encode(tape.title ?? 'a tape of the playground'), SPECIAL)}', async () => {
${body.map((line) => `  ${line}`).join('\n')}
});
`;
}

const NOT_CHECKED =
  '// From here on nothing is checked: the step of eviction took items that are still there in this test.';

const HEAD = `import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { startMemcached } from 'isocache/testing';

/** Sends text, one character a byte, and gives the whole reply. */
function ask(connection, text) {
  let reply = '';
  for (let input = Buffer.from(text, 'latin1'); input || connection.pending; input = undefined) {
    reply += Buffer.from(connection.feed(input)).toString('latin1');
  }
  return reply;
}
`;

/** Clients' names may be words of the language. */
function nameOf(client: string): string {
  return `${client}_`;
}

/** Behind an eviction that took items: a test's store still has them. */
function firstWithout(played: readonly Played[]): number {
  const at = played.findIndex(({ step, effect }) => step.kind === 'evict' && effect?.evicted !== 0);
  return at < 0 ? played.length : at + 1;
}

function linesOf({ step, reply, closed, error }: Played, isChecked: boolean): string[] {
  if (error !== undefined) return [`// Not played: ${comment(writeStep(step))}`];
  switch (step.kind) {
    case 'note':
      return [`// ${comment(step.text)}`];
    case 'wait':
      return [`memcached.advance(${step.seconds * 1000});`];
    case 'evict':
      return ['// Left out: a step of eviction, which no command asks for.'];
    case 'fill': {
      const prefix = escapeAscii(new TextEncoder().encode(step.prefix), SPECIAL);
      const command = `\`ms \${key}\${n} ${step.valueBytes} q\\r\\n\${'x'.repeat(${step.valueBytes})}\\r\\n\``;
      return [
        `// ${number(step.count)} items`,
        '{',
        `  const [filler, key] = [memcached.store.connect(), Buffer.from('${prefix}', 'latin1').toString('latin1')];`,
        `  for (let n = 0; n < ${step.count}; ++n) ask(filler, ${command});`,
        '  filler.close();',
        '}',
      ];
    }
    case 'send':
      return isChecked
        ? sendLines(nameOf(step.client), step.bytes, reply, closed)
        : askOnly(nameOf(step.client), step.bytes);
  }
}

function sendLines(name: string, bytes: Uint8Array, reply: Uint8Array, closed: boolean): string[] {
  const sent = sentTo(name, bytes);
  // Statistics tell of this process, and metadump of its time.
  const varies = /^STAT |^OK\r\nkey=/.test(latin1(reply, { from: 0, to: Math.min(reply.length, 8) }));
  const check = varies ? `${sent};` : `assert.equal(${sent}, '${escapeAscii(reply, SPECIAL)}');`;
  return closed ? [check, `assert.ok(${name}.closed);`, `${name} = memcached.store.connect();`] : [check];
}

/** Whether this closes the connection is not known either. */
function askOnly(name: string, bytes: Uint8Array): string[] {
  return [`if (${name}.closed) ${name} = memcached.store.connect();`, `${sentTo(name, bytes)};`];
}

function sentTo(name: string, bytes: Uint8Array): string {
  return `ask(${name}, '${escapeAscii(bytes, SPECIAL)}')`;
}

function comment(text: string): string {
  return text.replace(/[\r\n\u2028\u2029]+/g, ' ');
}
