// A connection with a hook: user code sees its requests before the engine does.

import type { EngineConnection } from '../engine/connection.js';
import { ParsedRequest } from '../protocol/parsed-request.js';
import { RequestReader } from '../protocol/request-reader.js';
import { IsocacheError } from '../base/types.js';
import { type OnError, type OnRequest, replyOf, serverError } from './hook.js';
import { InternalConnection } from './internal.js';
import type { Peer, Session } from './peer.js';
import { Turn } from './turn.js';

export interface HookOptions {
  onRequest: OnRequest;
  onError: OnError;
  /** How many requests of one connection the hook may have at once. */
  concurrency: number;
  /** Larger values are refused before they are held. */
  maxValueBytes: number;
}

// How much is read while the hook is busy with earlier requests.
const READ_AHEAD_BYTES = 64 << 10;
// How many bytes of answers may wait for one before them. Beyond that, no further request is looked at.
const MAX_WAITING_BYTES = 1 << 20;
// What a request costs of a turn, beside its bytes: it calls user code.
const REQUEST_COST = 256;

/** A request, in order of arrival. Its answer goes out after those before it. */
interface Slot {
  request: ParsedRequest | Uint8Array;
  state: 'asked' | 'answered' | 'for the engine';
  answer: Uint8Array;
}

export class HookedSession implements Session {
  readonly #peer: Peer;
  readonly #options: HookOptions;
  readonly #turn: Turn;
  readonly #reader: RequestReader;
  /** Executes what the hook leaves to the engine. Its replies go straight to the peer. */
  readonly #through: EngineConnection;
  readonly #internal: InternalConnection;
  readonly #slots: Slot[] = [];
  #waitingBytes = 0;
  /** What happens to the value of a request that is too large. */
  #largeValue: 'undecided' | 'pass' | 'swallow' = 'pass';
  #blocked = false;
  #ended = false;
  #finishing = false;
  /** No further request is looked at. The connection ends once the last answer is out. */
  #quitting = false;
  #closed = false;

  constructor(peer: Peer, connect: () => EngineConnection, options: HookOptions) {
    this.#peer = peer;
    this.#options = options;
    this.#turn = new Turn(peer, () => this.#run());
    this.#internal = new InternalConnection(connect);
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

  finish(): void {
    this.#finishing = true;
    this.#run();
  }

  closed(): void {
    this.#closed = true;
    this.#through.close();
    this.#internal.close();
  }

  #run(): void {
    if (this.#closed) return;
    let caughtUp = false;
    for (let progress = true; progress && !this.#blocked && !this.#turn.over; ) {
      progress = this.#answerFirst();
      if (!this.#mayAsk()) continue;
      const ofLargeValue = this.#reader.midway;
      const request = this.#reader.next();
      caughtUp = request === undefined;
      if (request !== undefined) this.#ask(request, ofLargeValue);
      else if (this.#reader.overlong)
        this.#quitting = true; // without a reply, as memcached does
      else continue;
      progress = true;
    }
    this.#steer(caughtUp);
  }

  #mayAsk(): boolean {
    if (this.#blocked || this.#quitting || this.#slots.length >= this.#options.concurrency) return false;
    if (this.#waitingBytes > MAX_WAITING_BYTES) return false;
    return !this.#reader.midway || this.#largeValue !== 'undecided';
  }

  #steer(caughtUp: boolean): void {
    const idle = this.#slots.length === 0 && !this.#blocked;
    const over = this.#ended || (this.#finishing && !this.#reader.unfinished);
    if (idle && (this.#quitting || (over && caughtUp))) this.#peer.end();
    else if (!this.#blocked && (caughtUp || this.#reader.buffered < READ_AHEAD_BYTES)) this.#peer.resume();
    else this.#peer.pause();
  }

  #ask(request: ParsedRequest | Uint8Array, ofLargeValue: boolean): void {
    const slot: Slot = { request, state: 'for the engine', answer: nothing };
    const bytes = request instanceof ParsedRequest ? request.bytes : request;
    this.#turn.spend(bytes.length + REQUEST_COST);
    if (request instanceof ParsedRequest) {
      slot.state = 'asked';
      this.#largeValue = request.tooLarge ? 'undecided' : 'pass';
      this.#callHook(request)
        .then((answer) => this.#settle(slot, request, answer))
        .catch(() => this.#peer.destroy()); // the store was closed under it
    } else if (ofLargeValue && this.#largeValue === 'swallow') {
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
      this.#waitingBytes += slot.answer.length;
    }
    if (request.tooLarge) this.#largeValue = answer === undefined ? 'pass' : 'swallow';
    this.#run();
  }

  async #callHook(request: ParsedRequest): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.#options.onRequest(request, (inner) => this.#execute(inner));
      return replyOf(answer, request, this.#quitting);
    } catch (error) {
      this.#options.onError(error, request);
      return serverError(error);
    }
  }

  /** Sends what is due of the first slot's answer. False: nothing can be sent now. */
  #answerFirst(): boolean {
    const slot = this.#slots[0];
    if (slot === undefined || slot.state === 'asked') return false;
    if (slot.state === 'answered') {
      this.#slots.shift();
      this.#waitingBytes -= slot.answer.length;
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
    this.#turn.spend(bytes.length);
    if (bytes.length > 0) this.#blocked = !this.#peer.write(bytes);
  }

  #execute(request: ParsedRequest | string | Uint8Array): Uint8Array {
    if (this.#closed) throw new IsocacheError('CLOSED', 'the connection is gone');
    const replies = this.#internal.execute(request);
    this.#quitting ||= this.#internal.closing;
    return replies;
  }
}

const nothing = new Uint8Array(0);
