// What a hook may do and answer, and what the client is told when it answers something else.

import { bytesOf } from '../base/bytes.js';
import type { ParsedRequest } from '../protocol/request.js';
import { latin1 } from '../base/text.js';
import { IsocacheError } from '../base/types.js';

/**
 * The reply as it goes over the wire, the last line's end (`\r\n`) included; nothing: the engine is to answer. It may be
 * empty where the client expects no reply. To a command that memcached does not know it is whatever ends in `\r\n`.
 */
export type Answer = string | Uint8Array | undefined | void;

/**
 * Carries out one or more whole requests here, and gives their replies. Throws if the last one is not whole; those
 * before it were carried out.
 */
export type Internal = (request: ParsedRequest | string | Uint8Array) => Uint8Array;

/**
 * Sees each request before the engine does, but for lines that are no requests, which only get an error. What it throws
 * is answered as SERVER_ERROR, and so is an answer that is no reply; onError is told of both.
 */
export type OnRequest = (request: ParsedRequest, internal: Internal) => Answer | Promise<Answer>;

/** Told of what went wrong in user code, for a log. What it throws itself is ignored. */
export type OnError = (error: unknown, request?: ParsedRequest) => void;

const CR = 13;
const LF = 10;

const RETRIEVALS = new Set(['get', 'gets', 'gat', 'gats']);
// These have one reply: a line, with a value behind it if it says so. The other commands' have any number of lines.
const ONE_REPLY = new Set([
  'set',
  'add',
  'replace',
  'append',
  'prepend',
  'cas',
  'incr',
  'decr',
  'touch',
  'delete',
  'mg',
  'ms',
  'md',
  'ma',
  'me',
  'mn',
  'flush_all',
  'verbosity',
  'version',
]);
const BEFORE_VALUE = /^(?:VA|VALUE [^ ]+ \d+) (\d+)(?: |$)/;

/** Of a checked answer. A client that waited for the rest of a reply would take the next one for it. */
export function replyOf(answer: Answer, request: ParsedRequest, isLast: boolean): Uint8Array | undefined {
  if (answer === undefined) return undefined;
  if (typeof answer !== 'string' && !(answer instanceof Uint8Array)) throw notAReply(kindOf(answer));
  const bytes = bytesOf(answer);
  const { length } = bytes;
  if (length === 0 && (isLast || mayBeSilent(request))) return bytes;
  if (bytes[length - 2] !== CR || bytes[length - 1] !== LF) throw notAReply('what has no line end');
  if (!isWhole(bytes, request.command)) throw notAReply(`something else than one whole reply to ${request.command}`);
  return bytes;
}

// memcached's reply to a get with a key that is too long ends in an empty line.
const EMPTY_AFTER_ERROR = /^CLIENT_ERROR [^\r\n]*\r\n\r\n$/;

function isWhole(bytes: Uint8Array, command: string): boolean {
  const isRetrieval = RETRIEVALS.has(command);
  if (!isRetrieval && !ONE_REPLY.has(command)) return true;
  let at = 0;
  for (let more = true; more && at < bytes.length; ) {
    const line = at;
    const newline = bytes.indexOf(LF, at);
    if (newline - at < 2 || bytes[newline - 1] !== CR) return false;
    const valueBytes = BEFORE_VALUE.exec(latin1(bytes, at, newline - 1))?.[1];
    more = isRetrieval && valueBytes !== undefined;
    at = newline + 1;
    if (valueBytes === undefined && isRetrieval)
      return at === bytes.length || EMPTY_AFTER_ERROR.test(latin1(bytes, line));
    if (valueBytes === undefined) continue;
    at += Number(valueBytes) + 2;
    if (bytes[at - 2] !== CR || bytes[at - 1] !== LF) return false;
    if (more && at === bytes.length) return false;
  }
  return at === bytes.length;
}

/** The engine itself has no reply to such a request, or not always. */
function mayBeSilent({ command, args, flags, noreply }: ParsedRequest): boolean {
  return noreply || command === 'quit' || args[args.length - 1] === 'noreply' || flags.some((flag) => flag[0] === 'q');
}

/** On one line, whatever was thrown. */
export function serverError(error: unknown): Uint8Array {
  // eslint-disable-next-line no-control-regex
  return bytesOf(
    `SERVER_ERROR ${messageOf(error)
      .replace(/[\0-\x1f\x7f]+/g, ' ')
      .slice(0, 200)}\r\n`,
  );
}

function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'the hook failed';
  }
}

function notAReply(what: string): IsocacheError {
  return new IsocacheError('BAD_ARGUMENT', `onRequest gave ${what}, not a reply that ends in \\r\\n`);
}

function kindOf(answer: unknown): string {
  if (answer === null) return 'null';
  return Array.isArray(answer) ? 'an array' : `a value of type ${typeof answer}`;
}
