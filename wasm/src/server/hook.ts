// What a hook may do and answer, and what the client is told when it answers something else.

import { bytesOf } from '../base/bytes.js';
import { plainBytesOf } from '../base/plain-bytes.js';
import { CR, LF, latin1 } from '../base/text.js';
import { IsocacheError } from '../base/types.js';
import type { ParsedRequest } from '../protocol/parsed-request.js';
import type { Reply } from '../protocol/reply.js';
import { ReplyReader } from '../protocol/reply-reader.js';
import { repliesOf } from '../protocol/vocabulary.js';

/**
 * The reply as it goes over the wire, with the last line's end (`\r\n`). Undefined: the engine answers. It may be
 * empty if the client expects no reply. To a command that memcached does not know, anything that ends in `\r\n` is a
 * reply.
 */
export type Answer = string | Uint8Array | undefined | void;

/**
 * Carries out one or more whole requests here, and gives their replies. Throws if the last one is not whole; those
 * before it were carried out.
 */
export type Internal = (request: ParsedRequest | string | Uint8Array) => Uint8Array;

/**
 * Sees each request before the engine does. Lines that are no requests only get an error, and do not come here. If it
 * throws, or answers what is no reply, the client gets a SERVER_ERROR, and onError is told.
 */
export type OnRequest = (request: ParsedRequest, internal: Internal) => Answer | Promise<Answer>;

/** Told what went wrong in user code, for a log. If it throws itself, that is ignored. */
export type OnError = (error: unknown, request?: ParsedRequest) => void;

/**
 * The bytes of an answer, which are checked: a client that waits for the rest of a reply takes the next reply for
 * it.
 */
export function replyOf(answer: Answer, request: ParsedRequest, isLast: boolean): Uint8Array | undefined {
  if (answer === undefined) return undefined;
  if (typeof answer !== 'string' && !(answer instanceof Uint8Array)) throw notAReply(kindOf(answer));
  const bytes = plainBytesOf(answer);
  const { length } = bytes;
  if (length === 0 && (isLast || mayBeSilent(request))) return bytes;
  if (bytes[length - 2] !== CR || bytes[length - 1] !== LF) throw notAReply('what has no line end');
  const expected = repliesOf(request.command);
  if (expected !== undefined && !isWhole(bytes, expected === 'values'))
    throw notAReply(`something else than one whole reply to ${request.command}`);
  return bytes;
}

// memcached's reply to a get with a key that is too long ends in an empty line.
const EMPTY_AFTER_ERROR = /^CLIENT_ERROR [^\r\n]*\r\n\r\n$/;

function isWhole(bytes: Uint8Array, areValues: boolean): boolean {
  const replies: Reply[] = [];
  const reader = new ReplyReader((reply) => replies.push(reply), Infinity);
  try {
    reader.feed(bytes);
  } catch {
    return false; // no reply of any command
  }
  if (reader.unfinished || replies.some(({ lineEnd }) => lineEnd !== '\r\n')) return false;
  if (!areValues) return replies.length === 1 && replies[0]?.line !== '';
  const isEmptyAfterError = replies.length === 2 && EMPTY_AFTER_ERROR.test(latin1(bytes));
  if (isEmptyAfterError) replies.pop();
  const last = replies.pop();
  const isEnd = last !== undefined && last.value === undefined && last.line !== '';
  return isEnd && replies.every(({ value }) => value !== undefined);
}

/** The engine itself does not always reply to such a request. */
function mayBeSilent({ command, args, flags, noreply }: ParsedRequest): boolean {
  return noreply || command === 'quit' || args.at(-1) === 'noreply' || flags.some((flag) => flag[0] === 'q');
}

/** A reply of one line, whatever was thrown. */
export function serverError(error: unknown): Uint8Array {
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
