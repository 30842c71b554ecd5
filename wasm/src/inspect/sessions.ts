// The connections of one inspector. A copy of them, with a copy of the instance, is another inspector's.

import { isBytes, within, wrong } from '../base/arguments.js';
import { plainBytesOf } from '../base/plain-bytes.js';
import { concat } from '../base/text.js';
import { IsocacheError } from '../base/types.js';
import type { Machine } from './machine.js';

// What abi's sent() tells of a session: the sum of those that are true.
const CLOSING = 1;
const WANTS_TURN = 2;
const UNFINISHED = 4;

interface State {
  /** The core's Session, by its address; 0: it has ended. */
  readonly address: number;
  readonly unfinished: boolean;
  readonly truncated: boolean;
}

const ENDED: State = { address: 0, unfinished: false, truncated: false };
const TRUNCATED: State = { ...ENDED, truncated: true };

export class Sessions {
  readonly #states: Map<number, State>;
  #lastId: number;

  constructor(other?: Sessions) {
    this.#states = new Map(other ? other.#states : []);
    this.#lastId = other ? other.#lastId : 0;
  }

  add(machine: Machine): number {
    const address = machine.calls.connect();
    if (address === 0) throw noMemory();
    this.#states.set(++this.#lastId, { ...ENDED, address });
    return this.#lastId;
  }

  has(id: number): boolean {
    return this.#states.has(id);
  }

  /** One that was closed, or that the state never had, has ended. */
  state(id: number): State {
    return this.#states.get(id) ?? ENDED;
  }

  feed(machine: Machine, id: number, given: Uint8Array, nowS: number, most: number): Uint8Array {
    if (!isBytes(given)) throw wrong('bytes', 'a Uint8Array');
    let left = within('maxReplyBytes', most, 0, Infinity);
    const bytes = plainBytesOf(given);
    const replies: Uint8Array[] = [];
    for (let from = 0; from < bytes.length && left >= 0; from += machine.scratchBytes) {
      const some = bytes.subarray(from, from + machine.scratchBytes);
      machine.bytes.set(some, machine.scratch);
      for (let length = some.length, more = true; more && left >= 0; length = 0) {
        const reply = this.#turn(machine, id, length, nowS);
        replies.push(reply.bytes.subarray(0, left));
        left -= reply.bytes.length;
        more = reply.more;
      }
    }
    if (left < 0) this.#end(machine, id, TRUNCATED);
    return concat(replies);
  }

  /** Executes what `length` bytes in the scratch area complete; 0: what is left of what came before. */
  #turn(machine: Machine, id: number, length: number, nowS: number): { bytes: Uint8Array; more: boolean } {
    const { address } = this.state(id);
    if (address === 0) return { bytes: new Uint8Array(0), more: false };
    const size = machine.calls.feed(address, length, nowS);
    if (size < 0) {
      this.#end(machine, id, ENDED);
      throw noMemory();
    }
    const bytes = machine.reply(size);
    const told = machine.calls.sent(address);
    if ((told & CLOSING) !== 0) this.#end(machine, id, ENDED);
    else this.#states.set(id, { ...ENDED, address, unfinished: (told & UNFINISHED) !== 0 });
    return { bytes, more: (told & (WANTS_TURN | CLOSING)) === WANTS_TURN };
  }

  #end(machine: Machine, id: number, state: State): void {
    const { address } = this.state(id);
    if (address !== 0) machine.calls.disconnect(address);
    this.#states.set(id, state);
  }

  close(machine: Machine, id: number): void {
    this.#end(machine, id, ENDED);
    this.#states.delete(id);
  }
}

function noMemory(): IsocacheError {
  return new IsocacheError('NO_MEMORY', 'no memory for a connection');
}
