// A played tape as a transcript, the form of tests/conformance: what is sent, what must come back, over one connection.
// Commands stay whole; what differs from run to run, or isocache alone can do, becomes a comment.

import { findRequests, latin1 } from '../base/requests.js';
import { nameOf } from '../base/words.js';
import { explainReply, explainRequest } from '../explain/index.js';
import type { FillStep, Played, Tape } from '../tape/types.js';
import { writeStep } from '../tape/write.js';
import { escapeAscii, joinBytes } from './latin1.js';

const NONE = new Uint8Array(0);
/** '{' begins a repetition or a cas variable. */
const SPECIAL = '{';
/** Another server has another size, and other items. */
const NOT_CHECKED = '# From here on nothing is checked: another server has other items by now.';
/** So many items of a fill are written out. */
const MOST_FILLED = 1000;

export function transcriptOf(tape: Tape, played: readonly Played[]): string {
  const cas = new CasNames();
  const several = new Set(played.flatMap(({ step }) => (step.kind === 'send' ? [step.client] : []))).size > 1;
  let speaker = '';
  let lost = false;
  const open = new Map<string, Uint8Array>();
  const lines = [`# ${comment(tape.title ?? 'A tape')} (exported from the playground)`, ''];
  for (const { step, reply, closed, error, effect } of played) {
    const isLost = (effect?.evicted ?? 0) > 0 || (step.kind === 'fill' && !isWritten(step, reply));
    if (isLost && !lost) lines.push(NOT_CHECKED);
    lost ||= isLost;
    if (error !== undefined) lines.push(`# Not played: ${comment(writeStep(step))}`);
    else if (step.kind === 'wait') lines.push(`# advance ${step.seconds}`);
    else if (step.kind === 'note') lines.push(`# Note: ${comment(step.text)}`);
    else if (step.kind === 'evict') lines.push('# Left out: a step of eviction, which no command asks for.');
    else if (step.kind === 'fill') lines.push(...(isWritten(step, reply) ? writeFill(step) : [leftOut(step)]));
    else {
      const all = joinBytes(open.get(step.client) ?? NONE, step.bytes);
      const end = closed ? all.length : endOfWhole(all);
      open.set(step.client, all.slice(end));
      if (end > 0 && several && speaker !== step.client) lines.push(`# ${nameOf(step.client)}:`);
      if (end > 0) speaker = step.client;
      const exchange = end > 0 ? writeExchange(all.subarray(0, end), reply, closed, cas) : [];
      lines.push(...(lost ? exchange.map((line) => line.replace(/^(?!#)/, '# ')) : exchange));
    }
  }
  for (const [client, bytes] of open) {
    if (bytes.length > 0) lines.push(`# Left out: what ${client} began and did not finish.`);
  }
  return `${lines.join('\n')}\n`;
}

function comment(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

/** Where the first command begins that is not whole. */
function endOfWhole(bytes: Uint8Array): number {
  for (const request of findRequests(bytes, 8)) {
    if (request.missing > 0 || request.lineEnd.from === request.lineEnd.to) return request.line.from;
  }
  return bytes.length;
}

function writeExchange(sent: Uint8Array, reply: Uint8Array, closed: boolean, cas: CasNames): string[] {
  if (/^STAT /.test(latin1(reply, { from: 0, to: Math.min(5, reply.length) }))) {
    return [`# Left out: ${escapeAscii(sent, SPECIAL)} Its reply differs from run to run.`];
  }
  const request = cas.fill(sent, explainRequest(sent), true);
  return [`> ${request}`, `< ${cas.fill(reply, explainReply(sent, reply), false)}${closed ? '<closed>' : ''}`];
}

function isWritten({ count }: FillStep, reply: Uint8Array): boolean {
  return count <= MOST_FILLED && reply.length === 0;
}

function leftOut({ prefix, count, valueBytes }: FillStep): string {
  return `# Left out: fill ${comment(prefix)} ${count} ${valueBytes}`;
}

function writeFill({ prefix, count, valueBytes }: FillStep): string[] {
  const lines: string[] = [];
  const name = escapeAscii(new TextEncoder().encode(prefix), SPECIAL);
  for (let n = 0; n < count; ++n)
    lines.push(`> ms ${name}${n} ${valueBytes}\\r\\n{${valueBytes}*x}\\r\\n`, '< HD\\r\\n');
  return lines;
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly partner?: string;
  readonly kind: string;
}

/** A cas that a reply had and a later command sends is a variable, since another server has other numbers. */
class CasNames {
  readonly #received = new Map<string, string>();
  readonly #chosen = new Set<string>();

  fill(bytes: Uint8Array, parts: readonly Part[], sent: boolean): string {
    const pieces: string[] = [];
    let at = 0;
    for (const part of parts) {
      if (part.partner !== 'item:cas') continue;
      const text = latin1(bytes, part);
      const [, letter = '', digits = ''] = /^([A-Za-z]*=?)(\d+)$/.exec(text) ?? [];
      if (digits === '' || digits === '0') continue;
      if (letter === 'E') this.#chosen.add(digits);
      const name = this.#nameOf(digits, sent);
      if (name === undefined) continue;
      pieces.push(escapeAscii(bytes.subarray(at, part.from + letter.length), SPECIAL), name);
      at = part.to;
    }
    return [...pieces, escapeAscii(bytes.subarray(at), SPECIAL)].join('');
  }

  #nameOf(digits: string, sent: boolean): string | undefined {
    if (this.#chosen.has(digits)) return undefined;
    if (!sent && !this.#received.has(digits)) this.#received.set(digits, `{cas${this.#received.size + 1}}`);
    return this.#received.get(digits);
  }
}
