// Requests worded by others: bytes that go to the server as they are, and the reply as it comes.

import { bytesOf, fromLatin1 } from '../bytes.js';
import type { Reply } from '../meta.js';
import { ParsedRequest, RequestReader } from '../request.js';
import { concat } from '../text.js';
import { IsocacheError } from '../types.js';
import { type Command, MORE } from './pipeline.js';

// They end the connection, or turn it into something else.
const NOT_PIPELINED = new Set(['quit', 'shutdown', 'watch']);

/**
 * One or more whole requests. How many replies they have is hard to tell (noreply, quiet flags, errors), so that
 * `mn` goes after them: what comes before its answer is theirs.
 */
export function raw(request: string | Uint8Array): Command<Uint8Array> {
  const bytes = bytesOf(request);
  let noops = countNoops(bytes);
  const parts: Uint8Array[] = [];
  return {
    write: (writer) => {
      writer.bytes(bytes);
      writer.text('mn\r\n');
    },
    read: (reply) => {
      if (reply.line === 'MN' && noops-- === 0) return concat(parts);
      addReply(parts, reply);
      return MORE;
    },
  };
}

/** How many `mn` there are among the requests. Throws if they are not whole, or cannot share a connection. */
function countNoops(bytes: Uint8Array): number {
  const reader = new RequestReader({ maxValueBytes: Infinity });
  reader.push(bytes);
  let noops = 0;
  for (let piece = reader.next(); piece !== undefined; piece = reader.next()) {
    if (!(piece instanceof ParsedRequest)) throw new IsocacheError('BAD_ARGUMENT', 'a malformed request');
    if (NOT_PIPELINED.has(piece.command)) {
      throw new IsocacheError('BAD_ARGUMENT', `${piece.command} needs a connection of its own`);
    }
    if (piece.command === 'mn') ++noops;
  }
  if (reader.buffered !== 0) throw new IsocacheError('BAD_ARGUMENT', 'the request is not whole');
  return noops;
}

function addReply(parts: Uint8Array[], { line, value, lineEnd }: Reply): void {
  parts.push(fromLatin1(line + lineEnd));
  if (value !== undefined) parts.push(value, Uint8Array.of(13, 10));
}
