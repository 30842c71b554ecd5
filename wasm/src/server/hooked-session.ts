// A connection whose requests user code sees first.

import { bytesOf } from '../bytes.js';
import { ParsedRequest, RequestReader } from '../request.js';
import { concat } from '../text.js';
import { type Connection, IsocacheError } from '../types.js';
import type { Peer, Session } from './session.js';

/** Carries out one or more whole requests here, and gives their replies. */
export type Internal = (request: ParsedRequest | string | Uint8Array) => Uint8Array;

/** A reply as it goes over the wire, line ends included; nothing: the engine is to answer. */
export type Answer = string | Uint8Array | undefined | void;

/**
 * Sees each request before the engine does, but for lines that are no requests, which only get an error. What it throws
 * is answered as SERVER_ERROR.
 */
export type OnRequest = (request: ParsedRequest, internal: Internal) => Answer | Promise<Answer>;

export interface HookOptions {
  onRequest: OnRequest;
  /** Of one connection's requests, how many the hook may have at once. */
  concurrency: number;
  /** Larger values are refused before they are held. */
  maxValueBytes: number;
}

// Beyond this internal() goes on no further: what it gives is held in memory as a whole.
const MAX_INTERNAL_BYTES = 64 << 20;
// Read while the hook is busy with what came before.
const READ_AHEAD_BYTES = 64 << 10;

/** A request in order of arrival: its answer goes out when those before it have. */
interface Slot {
  request: ParsedRequest | Uint8Array;
  state: 'asked' | 'answered' | 'for the engine';
  answer: Uint8Array;
}

export class HookedSession implements Session {
  readonly #peer: Peer;
  readonly #connect: () => Connection;
  readonly #options: HookOptions;
  readonly #reader: RequestReader;
  /** For what the hook leaves to the engine: its replies go straight to the peer. */
  readonly #through: Connection;
  /** For internal(). */
  #internal: Connection | undefined;
  readonly #slots: Slot[] = [];
  /** What becomes of the value of a request that is too large. */
  #largeValue: 'undecided' | 'pass' | 'swallow' = 'pass';
  #blocked = false;
  #ended = false;
  /** No further request is looked at; the peer goes when the last answer is out. */
  #quitting = false;
  #closed = false;

  constructor(peer: Peer, connect: () => Connection, options: HookOptions) {
    this.#peer = peer;
    this.#connect = connect;
    this.#options = options;
    this.#reader = new RequestReader({ maxValueBytes: options.maxValueBytes });
    this.#through = connect();
  }

  data(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    this.#run();
  }

  drained(): void {
    this.#blocked = false;
    this.#run();
  }

  ended(): void {
    this.#ended = true;
    this.#run();
  }

  closed(): void {
    this.#closed = true;
    this.#through.close();
    this.#internal?.close();
  }

  #run(): void {
    if (this.#closed) return;
    let caughtUp = false;
    for (let progress = true; progress && !this.#blocked;) {
      progress = this.#answerFirst();
      if (!this.#mayAsk()) continue;
      const request = this.#reader.next();
      caughtUp = request === undefined;
      if (request === undefined) continue;
      this.#ask(request);
      progress = true;
    }
    this.#steer(caughtUp);
  }

  #mayAsk(): boolean {
    if (this.#blocked || this.#quitting || this.#slots.length >= this.#options.concurrency) return false;
    return !this.#reader.midway || this.#largeValue !== 'undecided';
  }

  #steer(caughtUp: boolean): void {
    const idle = this.#slots.length === 0 && !this.#blocked;
    if (idle && (this.#quitting || (this.#ended && caughtUp))) this.#peer.end();
    else if (!this.#blocked && (caughtUp || this.#reader.buffered < READ_AHEAD_BYTES)) this.#peer.resume();
    else this.#peer.pause();
  }

  #ask(request: ParsedRequest | Uint8Array): void {
    const slot: Slot = { request, state: 'for the engine', answer: nothing };
    if (request instanceof ParsedRequest) {
      slot.state = 'asked';
      this.#largeValue = request.tooLarge ? 'undecided' : 'pass';
      this.#callHook(request)
        .then((answer) => this.#settle(slot, request, answer))
        .catch(() => this.#peer.destroy());  // the store was closed under it
    } else if (this.#largeValue === 'swallow') {
      return;
    }
    this.#slots.push(slot);
  }

  #settle(slot: Slot, request: ParsedRequest, answer: Uint8Array | undefined): void {
    if (answer === undefined) {
      slot.state = 'for the engine';
    } else {
      slot.state = 'answered';
      slot.answer = request.noreply ? nothing : answer;
    }
    if (request.tooLarge) this.#largeValue = answer === undefined ? 'pass' : 'swallow';
    this.#run();
  }

  async #callHook(request: ParsedRequest): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.#options.onRequest(request, (inner) => this.#execute(inner));
      return answer === undefined ? undefined : bytesOf(answer);
    } catch (error) {
      return bytesOf(serverError(error));
    }
  }

  /** Sends what is due of the first slot's answer. False: nothing can be done now. */
  #answerFirst(): boolean {
    const slot = this.#slots[0];
    if (slot === undefined || slot.state === 'asked') return false;
    if (slot.state === 'answered') {
      this.#slots.shift();
      this.#write(slot.answer);
    } else {
      this.#sendThrough(slot);
    }
    return true;
  }

  /** One step of the engine's answer. */
  #sendThrough(slot: Slot): void {
    const engine = this.#through;
    const { request } = slot;
    const more = engine.pending ? undefined : request instanceof ParsedRequest ? request.bytes : request;
    this.#write(engine.feed(more));
    if (!engine.pending) this.#slots.shift();
    if (!engine.closed) return;
    this.#slots.length = 0;
    this.#quitting = true;
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#blocked = !this.#peer.write(bytes);
  }

  #execute(request: ParsedRequest | string | Uint8Array): Uint8Array {
    if (this.#closed) throw new IsocacheError('CLOSED', 'the connection is gone');
    const engine = (this.#internal ??= this.#connect());
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let input: typeof request | undefined = request; ; input = undefined) {
      const replies = engine.feed(input instanceof ParsedRequest ? input.bytes : input);
      parts.push(replies);
      length += replies.length;
      if (!engine.pending) break;
      if (length > MAX_INTERNAL_BYTES) {
        this.#endInternal(engine);
        throw new IsocacheError('NO_MEMORY', 'out of memory writing a reply');
      }
    }
    if (engine.closed) this.#quitting = true;
    if (request instanceof ParsedRequest && request.tooLarge) this.#endInternal(engine);  // it awaits the value
    return concat(parts);
  }

  /** What is left over of this request must not meet the next one. */
  #endInternal(engine: Connection): void {
    this.#internal = undefined;
    engine.close();
  }
}

const nothing = new Uint8Array(0);

/** On one line, whatever the message. */
function serverError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // eslint-disable-next-line no-control-regex
  return `SERVER_ERROR ${message.replace(/[\0-\x1f\x7f]+/g, ' ').slice(0, 200)}\r\n`;
}
