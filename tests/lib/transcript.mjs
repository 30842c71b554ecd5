// Reads transcripts (format: tests/README.md) and plays them to a server.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { expandRepeats, show, unescape } from './bytes.mjs';
import { RawClient } from './client.mjs';
import { replyDifference } from './reply.mjs';

const FRESH = /^# fresh connection/;
const DUMP_QUIET_MS = 200;
const VARIABLE = /\{cas\d+\}/g;

/** All transcripts of a folder: [{name, sections}]. */
export function readTranscripts(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt') && name !== 'CMakeLists.txt')
    .sort()
    .map((name) => ({ name, sections: parseTranscript(readFileSync(path.join(folder, name), 'latin1')) }));
}

/**
 * What was recorded from memcached 1.6.45 in a folder, which need not be there. `delete <key> <words>`: it ignores
 * what follows the key; we answer as 1.6.18 does.
 */
export function readRecorded(folder) {
  const recorded = existsSync(folder) ? readTranscripts(folder) : [];
  for (const step of recorded.flatMap(({ sections }) => sections).flatMap(({ steps }) => steps)) {
    if (/^delete \S+ 5\r\n/.test(step.sent)) {
      step.expected = 'CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n';
    } else if (/^delete \S+( \S+){3,}\r\n/.test(step.sent)) {
      step.expected = 'ERROR\r\n';
    }
  }
  return recorded;
}

/**
 * [{line, steps}], a step being
 *   {kind: 'ask', line, sent, expected, closes, since, differs} |
 *   {kind: 'advance', line, seconds} | {kind: 'requires', line, version}.
 */
export function parseTranscript(text) {
  const sections = [{ line: 1, steps: [] }];
  let marks = {};
  let asked = null; // a `>` line that waits for its `<`
  text.split('\n').forEach((content, index) => {
    const line = index + 1;
    const steps = sections.at(-1).steps;
    const fail = (why) => {
      throw new Error(`line ${line}: ${why}`);
    };
    if (content.startsWith('> ')) {
      if (asked) fail('two commands without a reply between them');
      asked = { kind: 'ask', line, sent: unescape(expandRepeats(content.slice(2))), ...marks };
      marks = {};
    } else if (content.startsWith('< ') || content === '<') {
      if (!asked) fail('a reply without a command');
      const reply = content.slice(2);
      const closes = reply.endsWith('<closed>');
      const expected = unescape(expandRepeats(closes ? reply.slice(0, -'<closed>'.length) : reply));
      steps.push({ ...asked, expected, closes });
      asked = null;
    } else if (content.startsWith('#')) {
      if (asked) fail('a comment between command and reply');
      let match;
      if (FRESH.test(content)) sections.push({ line, steps: [] });
      else if ((match = /^# advance (\d+)$/.exec(content)))
        steps.push({ kind: 'advance', line, seconds: Number(match[1]) });
      else if ((match = /^# requires (\S+)$/.exec(content))) steps.push({ kind: 'requires', line, version: match[1] });
      else if ((match = /^# reply since (\S+)$/.exec(content))) marks.since = match[1];
      else if ((match = /^# differs from memcached: (.+)$/.exec(content))) marks.differs = match[1];
      else if (/^# (advance|requires|reply|differs)\b/.test(content)) fail('a mark that is not understood');
    } else if (content.trim() !== '') {
      fail('neither command, reply nor comment');
    }
  });
  if (asked) throw new Error(`line ${asked.line}: no reply at the end`);
  return sections.filter((section) => section.steps.length > 0);
}

/** Transcripts' view of cas ids: {casN} is bound at first sight, plain numbers as README.md says. */
class CasVariables {
  #bound = new Map();
  #sent = new Set();

  same(expected, actual) {
    if (!/^\d+$/.test(actual)) return expected === actual;
    if (!expected.startsWith('{') && (this.#sent.has(expected) || expected === '0')) return expected === actual;
    if (!this.#bound.has(expected)) this.#bound.set(expected, actual);
    return this.#bound.get(expected) === actual;
  }

  /** Puts the values in; remembers the ids that the client itself chose. */
  fill(sent) {
    for (const [, id] of sent.matchAll(/ E(\d+)/g)) this.#sent.add(id);
    return sent.replace(VARIABLE, (name) => {
      if (!this.#bound.has(name)) throw new Error(`${name} is sent before it was received`);
      return this.#bound.get(name);
    });
  }

  knows(sent) {
    return [...sent.matchAll(VARIABLE)].every(([name]) => this.#bound.has(name));
  }
}

function isOlder(version, than) {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  for (let i = 0; i < b.length; ++i) {
    if ((a[i] ?? 0) !== b[i]) return (a[i] ?? 0) < b[i];
  }
  return false;
}

/** What can be played: {version: of the memcached played to, or null for isocached; server}. */
function stepsFor({ version, server }, section) {
  const steps = [];
  for (const step of section.steps) {
    if (step.kind === 'advance') {
      if (!server.advance) break;
      steps.push(step);
      continue;
    }
    if (step.kind === 'requires') {
      if (version && isOlder(version, step.version)) break;
      continue;
    }
    const unlike = version !== null && step.since !== undefined && isOlder(version, step.since);
    const ignored = version !== null && step.differs !== undefined;
    steps.push({ ...step, unlike, ignored });
  }
  return steps;
}

/** A server is where it listens (`address`), or what connects to it and turns its clock (`connect`, `advance`). */
function connect(server, limitMs) {
  return server.connect ? server.connect() : RawClient.connect(server.address, { limitMs });
}

async function open(server, limitMs) {
  const client = await connect(server, limitMs);
  await client.ask('flush_all\r\n');
  return client;
}

// memcached hands the connection to another thread for a dump, and forgets what had already arrived
// after the command: the barrier must come later.
const isDump = (step) => /^lru_crawler m\w*dump /.test(step.sent);

async function askDump(client, sent) {
  await client.send(sent);
  const dump = await client.readQuiet(DUMP_QUIET_MS);
  return dump + (await client.ask(''));
}

function describe(step, difference, actual) {
  return (
    `line ${step.line}: > ${show(step.sent)}\n  expected ${show(step.expected)}${step.closes ? '<closed>' : ''}\n` +
    `  got      ${show(actual)}\n  ${difference}`
  );
}

/** Null, or what is wrong with the reply to a step. */
function judge(step, actual, closed, cas) {
  if (step.ignored) return null;
  const difference =
    replyDifference(step.expected, actual, cas) ??
    (closed === step.closes ? null : `the server ${closed ? 'closed' : 'did not close'} the connection`);
  if (step.unlike) {
    return difference ? null : describe(step, 'the same reply: the mark above it is not needed', actual);
  }
  return difference && describe(step, difference, actual);
}

/**
 * Plays a section command by command. Returns what is wrong, a text for each step; after a step
 * that left the connection out of step, the rest of the section is not played.
 */
export async function playStepwise(server, section, { version = null, limitMs } = {}) {
  const problems = [];
  const cas = new CasVariables();
  let client = await open(server, limitMs);
  try {
    for (const step of stepsFor({ version, server }, section)) {
      if (step.kind === 'advance') {
        server.advance(step.seconds);
        continue;
      }
      let actual;
      try {
        const sent = cas.fill(step.sent);
        if (step.closes) {
          await client.send(sent);
          actual = await client.readToEnd(step.unlike ? 500 : undefined);
        } else {
          actual = isDump(step) ? await askDump(client, sent) : await client.ask(sent);
        }
      } catch (error) {
        problems.push(describe(step, error.message, ''));
        break;
      }
      const problem = judge(step, actual, client.ended, cas);
      if (problem) problems.push(problem);
      if (client.ended) {
        client.close();
        client = await connect(server, limitMs);
      }
    }
  } finally {
    client.close();
  }
  return problems;
}

/** The same pipelined, cut into fragments at random places: as many steps at once as can go together. */
export async function playFragmented(server, section, random, { version = null } = {}) {
  const steps = stepsFor({ version, server }, section);
  if (steps.some((step) => step.unlike || step.ignored)) return [];
  const cas = new CasVariables();
  let client = await open(server);
  try {
    while (steps.length > 0) {
      if (steps[0].kind === 'advance') {
        server.advance(steps.shift().seconds);
        continue;
      }
      const batch = takeBatch(steps, cas);
      const sent = Buffer.from(batch.map((step) => cas.fill(step.sent)).join(''), 'latin1');
      const closes = batch.at(-1).closes;
      let actual;
      if (closes) {
        // In one piece: what arrives after the close would make the kernel drop the reply.
        client.send(sent);
        actual = await client.readToEnd();
      } else {
        actual = await client.askInPieces(sent, random, 40);
      }
      const expected = batch.map((step) => step.expected).join('');
      const difference =
        replyDifference(expected, actual, cas) ??
        (client.ended === closes ? null : 'the connection was closed, or not, against expectation');
      if (difference) return [`lines ${batch[0].line}-${batch.at(-1).line}, fragmented: ${difference}`];
      if (client.ended) {
        client.close();
        client = await connect(server);
      }
    }
  } catch (error) {
    return [`line ${section.line}, fragmented: ${error.message}`];
  } finally {
    client.close();
  }
  return [];
}

// Up to the first command that needs a reply to an earlier one of the batch, or after which the
// connection is gone; a dump stands alone.
function takeBatch(steps, cas) {
  const batch = [];
  while (steps.length > 0 && steps[0].kind === 'ask' && cas.knows(steps[0].sent)) {
    if (batch.length > 0 && (isDump(steps[0]) || steps[0].closes)) break;
    batch.push(steps.shift());
    if (batch.at(-1).closes) break;
  }
  if (batch.length === 0) throw new Error(`line ${steps[0].line}: an unbound variable is sent`);
  return batch;
}
