// Requests that others have worded: the bytes go to the server, and the reply is given as it comes.

import { plainBytesOf } from '../base/plain-bytes.js';
import { ParsedRequest } from '../protocol/parsed-request.js';
import { RequestReader } from '../protocol/request-reader.js';
import { ENDS_CONNECTION } from '../protocol/vocabulary.js';
import { concat } from '../base/text.js';
import { IsocacheError } from '../base/types.js';
import { all } from './commands.js';
import { addReply, framed } from './framing.js';
import { type Command, MORE } from './pipeline.js';

export interface RawCommand {
  readonly command: Command<Uint8Array>;
  /** It needs a connection that nobody else uses, now or later. */
  readonly alone: boolean;
}

/** One or more whole requests. `maxBytes` limits a reply whose end only the server knows. */
export function raw(request: string | Uint8Array, maxBytes: number): RawCommand {
  const bytes = plainBytesOf(request, 'request');
  const requests = parse(bytes);
  const commands = requests.map(framed);
  if (commands.includes(undefined)) return { command: unframed(bytes, requests, maxBytes), alone: true };
  const { write, read } = all(commands as Command<Uint8Array>[]);
  const whole = (reply: Parameters<typeof read>[0]) => {
    const result = read(reply);
    if (result instanceof Promise) return result.then(concat);
    return Array.isArray(result) ? concat(result) : result;
  };
  return { command: { write, read: whole }, alone: false };
}

/** Sends `mn` after them: whatever comes before its answer belongs to them. */
function unframed(bytes: Uint8Array, requests: ParsedRequest[], maxBytes: number): Command<Uint8Array> {
  let noops = requests.filter(({ command }) => command === 'mn').length;
  let room = maxBytes;
  const parts: Uint8Array[] = [];
  return {
    write: (writer) => {
      writer.bytes(bytes);
      writer.line('mn');
    },
    read: (reply) => {
      if (reply.line === 'MN' && noops-- === 0) return concat(parts);
      room -= reply.line.length + (reply.value?.length ?? 0);
      if (room < 0) throw new IsocacheError('PROTOCOL', `a reply of more than ${maxBytes} bytes`);
      addReply(parts, reply);
      return MORE;
    },
  };
}

/** Throws if they are not whole, or if one of them would end the connection. */
function parse(bytes: Uint8Array): ParsedRequest[] {
  const reader = new RequestReader({ maxValueBytes: Infinity });
  const requests: ParsedRequest[] = [];
  reader.push(bytes);
  for (let piece = reader.next(); piece !== undefined; piece = reader.next()) {
    if (!(piece instanceof ParsedRequest)) throw new IsocacheError('BAD_ARGUMENT', 'request must be well-formed');
    if (ENDS_CONNECTION.includes(piece.command)) {
      throw new IsocacheError('BAD_ARGUMENT', `request must not be ${piece.command}, which ends a connection`);
    }
    requests.push(piece);
  }
  if (reader.buffered !== 0 || requests.length === 0) throw new IsocacheError('BAD_ARGUMENT', 'request must be whole');
  return requests;
}
