// One connection: requests leave in order, many at a time, and their replies come in the same order.

import { MAX_TIMER_MS } from '../base/limits.js';
import { IsocacheError } from '../base/types.js';
import type { Reply } from '../protocol/reply.js';
import { ReplyReader } from '../protocol/reply-reader.js';
import { RequestWriter } from '../protocol/request-writer.js';
import type { Connect, Transport } from './transport.js';

/** Given by a command's read(): further lines belong to this reply. */
export const MORE = Symbol('more');
/** The same, but this was a whole step: the time limit for the next one begins anew. */
export const NEXT = Symbol('next');

export interface Command<T> {
  write(writer: RequestWriter): void;
  /** Called for each of its replies, until it gives a result (perhaps one to come) or throws. */
  read(reply: Reply): T | Promise<T> | typeof MORE | typeof NEXT;
}

interface Pending {
  /** MORE or NEXT: further replies belong to it, too. */
  answer(reply: Reply): unknown;
  fail(error: unknown): void;
  /** Its caller has an answer, or an error; replies to come are dropped. */
  settled: boolean;
  since: number;
  next: Pending | undefined;
}

export class Pipeline {
  readonly #writer = new RequestWriter();
  readonly #reader: ReplyReader;
  readonly #timeout: number;
  readonly #connecting = new AbortController();
  #transport: Transport | undefined;
  #first: Pending | undefined;
  #last: Pending | undefined;
  #flushScheduled = false;
  #sending = false;
  #paused = false;
  #closed = false;
  #lastReceived = 0;
  /** Keeps running while nothing is pending: a timer for each request would cost more than the request. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drained: Promise<void> | undefined;
  #onDrained: (() => void) | undefined;

  /** Connects at once. For `timeout` and `maxItemSize` see ClientOptions. */
  constructor(connect: Connect, { timeout, maxItemSize }: { timeout: number; maxItemSize: number }) {
    this.#timeout = timeout;
    this.#reader = new ReplyReader((reply) => this.#take(reply), maxItemSize);
    this.#open(connect).catch((error: unknown) => this.#end(closedError('no connection', error)));
  }

  get closed(): boolean {
    return this.#closed;
  }

  async #open(connect: Connect): Promise<void> {
    const transport = await connect(
      {
        receive: (bytes) => this.#receive(bytes),
        closed: (error) => this.#end(closedError('the connection was closed', error)),
      },
      this.#connecting.signal,
    );
    if (this.#closed) {
      transport.close();
      return;
    }
    this.#transport = transport;
    await this.#flush();
  }

  /**
   * Commands given before the current task ends leave together. `signal` may be user code. It is called before
   * the request is written, or after the current job, so that no other request is hurt by what it throws or does.
   */
  request<T>(command: Command<T>, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const abort = () => settle(() => reject(signal?.reason));
      const settle = (how: () => void) => {
        if (pending.settled) return;
        if (signal !== undefined) forget(signal, abort);
        how();
        pending.settled = true;
      };
      const pending: Pending = {
        answer: (reply) => {
          const result = command.read(reply);
          if (result !== MORE && result !== NEXT) settle(() => resolve(result));
          return result;
        },
        fail: (error) => settle(() => reject(error)),
        settled: false,
        since: performance.now(),
        next: undefined,
      };
      signal?.throwIfAborted();
      signal?.addEventListener('abort', abort);
      if (pending.settled) return;
      try {
        this.#write(command);
      } catch (error) {
        pending.fail(error);
        return;
      }
      this.#append(pending);
    });
  }

  #write(command: Command<unknown>): void {
    if (this.#closed) throw closedError('the connection was closed');
    const before = this.#writer.length;
    try {
      command.write(this.#writer);
    } catch (error) {
      this.#writer.cutTo(before); // half a request would get the next one's reply
      throw error;
    }
  }

  #append(pending: Pending): void {
    if (this.#last === undefined) this.#first = pending;
    else this.#last.next = pending;
    this.#last = pending;
    if (this.#timer === undefined) this.#watch(this.#timeout);
    else if (this.#first === pending && typeof this.#timer === 'object') this.#timer.ref();
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush().catch((error: unknown) => this.#end(closedError('sending failed', error)));
    });
  }

  async #flush(): Promise<void> {
    if (this.#sending) return; // the call that is sending goes on with what is new
    this.#sending = true;
    while (this.#transport !== undefined && this.#writer.length > 0 && !this.#closed) {
      await this.#transport.send(this.#writer.take());
    }
    this.#sending = false;
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#lastReceived = performance.now();
    try {
      this.#reader.feed(bytes);
    } catch (error) {
      this.#end(error);
    }
  }

  #take(reply: Reply): void {
    const pending = this.#first;
    if (pending === undefined) throw new IsocacheError('PROTOCOL', `a reply to no request: ${reply.line}`);
    try {
      const result = pending.answer(reply);
      if (result === NEXT) pending.since = this.#lastReceived;
      if (result === NEXT || result === MORE) return;
    } catch (error) {
      pending.fail(error);
      // After a reply that makes no sense nobody can tell which request the next one belongs to.
      if (!(error instanceof IsocacheError) || error.code === 'PROTOCOL') throw error;
    }
    this.#first = pending.next;
    if (this.#first === undefined) this.#idle();
  }

  #idle(): void {
    this.#last = undefined;
    // Where timers keep a program running, this one does only while something is pending.
    if (typeof this.#timer === 'object') this.#timer.unref();
    this.#onDrained?.();
  }

  /** Stops reading, and time, until resume(). */
  pause(): void {
    this.#paused = true;
    this.#transport?.pause?.();
  }

  resume(): void {
    this.#paused = false;
    this.#transport?.resume?.();
  }

  #watch(ms: number): void {
    if (ms > MAX_TIMER_MS) return;
    this.#timer = setTimeout(() => this.#checkTime(), ms);
  }

  /**
   * Fails requests that have waited for too long. Ends the connection if nothing at all has come since the first of
   * them, or if its reply is not whole after twice that time: so the number of waiting requests stays bounded.
   */
  #checkTime(): void {
    this.#timer = undefined;
    const now = performance.now();
    let pending = this.#first;
    if (pending === undefined) return;
    if (this.#paused) pending.since = now;
    const ends = pending.since + 2 * this.#timeout;
    if (ends - now <= 1) {
      this.#end(closedError(`no whole reply within ${2 * this.#timeout} ms`));
      return;
    }
    // A millisecond of grace: timers may ring early.
    for (; pending !== undefined && now - pending.since >= this.#timeout - 1; pending = pending.next) {
      pending.fail(new IsocacheError('TIMEOUT', `no answer within ${this.#timeout} ms`));
      if (this.#lastReceived < pending.since) {
        this.#end(closedError(`the server was silent for ${this.#timeout} ms`));
        return;
      }
    }
    this.#watch(Math.min(ends, pending === undefined ? Infinity : pending.since + this.#timeout) - now);
  }

  /** Waits for the replies that are due, at most as long as for any reply, then hangs up. */
  drain(): Promise<void> {
    let due = this.#first;
    while (due?.settled === true) due = due.next;
    if (due === undefined) this.destroy();
    return (this.#drained ??= this.#closed
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          const limit = this.#timeout <= MAX_TIMER_MS ? setTimeout(() => this.destroy(), this.#timeout) : undefined;
          this.#onDrained = () => {
            clearTimeout(limit);
            resolve();
            this.destroy();
          };
        }));
  }

  /** Hangs up at once. */
  destroy(): void {
    this.#end(closedError('the client hung up'));
  }

  #end(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#transport === undefined) this.#connecting.abort();
    else this.#transport.close();
    for (let pending = this.#first; pending !== undefined; pending = pending.next) pending.fail(error);
    this.#first = undefined;
    this.#idle();
  }
}

/** Called after the current job. What the signal throws then is ignored. */
function forget(signal: AbortSignal, abort: () => void): void {
  Promise.resolve()
    .then(() => signal.removeEventListener('abort', abort))
    .catch(() => {});
}

function closedError(message: string, cause?: unknown): IsocacheError {
  if (cause === undefined) return new IsocacheError('CLOSED', message);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new IsocacheError('CLOSED', `${message}: ${reason}`, { cause });
}
