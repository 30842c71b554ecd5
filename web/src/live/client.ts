// A connection to a server from a page: whole commands out, whole replies in.

import { findRequests } from '../base/requests.js';
import { bytesOf, concat, latin1 } from '../base/text.js';
import type { Login } from './address.js';
import { diagnose, type Environment, forbidden } from './diagnose.js';
import { FAILURES, type LiveFailure } from './failures.js';
import { ReplyFramer } from './framing.js';
import { type Socket, type SocketConstructor, SUBPROTOCOL, subprotocols } from './socket.js';

export interface LiveOptions {
  /** ws:// or wss://: see readAddress(). */
  readonly url: string;
  readonly login?: Login | undefined;
  /** Undefined: this browser has none. */
  readonly WebSocket: SocketConstructor | undefined;
  readonly environment: Environment;
  /** For a handshake, and for a reply. */
  readonly timeoutMs?: number;
  readonly maxReplyBytes?: number;
  /** The connection has ended without being asked to. */
  readonly onLost?: (failure: LiveFailure) => void;
}

export type Connected = { readonly client: LiveClient; readonly failure?: never } | { readonly failure: LiveFailure };

/** `closed`: the connection has ended with this reply, as `quit` does it. */
export type LiveReply =
  | { readonly reply: Uint8Array; readonly closed: boolean; readonly failure?: never }
  | { readonly failure: LiveFailure };

const TIMEOUT_MS = 10_000;
const MAX_REPLY_BYTES = 4 << 20;
/** Servers refuse larger frames. */
const MAX_FRAME_BYTES = 256 << 10;
const NOOP = bytesOf('mn\r\n');
const UNAUTHENTICATED = 'CLIENT_ERROR unauthenticated';
/** Ends that were asked for. */
const ENDS_CONNECTION = /^(quit|shutdown)$/;

/** Never rejects: what goes wrong is told as a failure. */
export async function connectLive(options: LiveOptions): Promise<Connected> {
  const { url, login, WebSocket, environment } = options;
  if (WebSocket === undefined) return { failure: FAILURES.noWebSocket() };
  const refusal = forbidden(url, environment);
  if (refusal !== undefined) return { failure: refusal };
  let socket: Socket;
  try {
    socket = new WebSocket(url, subprotocols(login));
  } catch {
    return { failure: await diagnose(url, login !== undefined, environment) };
  }
  socket.binaryType = 'arraybuffer';
  const client = new LiveClient(socket, options);
  if (!(await client.opened)) {
    client.close();
    return { failure: await diagnose(url, login !== undefined, environment) };
  }
  const failure = await client.greet();
  if (failure === undefined) return { client };
  client.close();
  return { failure };
}

interface Waiting {
  readonly framer: ReplyFramer;
  readonly mayEnd: boolean;
  finish(reply: LiveReply): void;
}

/** What keeps these bytes from being sent: their last command is not whole. */
export function unfinishedIn(bytes: Uint8Array): LiveFailure | undefined {
  for (const { lineEnd, missing } of findRequests(bytes)) {
    if (missing > 0 || lineEnd.to === lineEnd.from) return FAILURES.unfinished(missing);
  }
  return undefined;
}

export class LiveClient {
  readonly #socket: Socket;
  readonly #options: LiveOptions;
  readonly opened: Promise<boolean>;
  #waiting: Waiting | undefined;
  /** The send before: one is under way at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #end: LiveFailure | undefined;
  #isGreeted = false;

  /** For connectLive(). */
  constructor(socket: Socket, options: LiveOptions) {
    this.#socket = socket;
    this.#options = options;
    this.opened = new Promise((resolve) => {
      const limit = setTimeout(() => resolve(false), this.#timeoutMs);
      const settle = (opened: boolean) => {
        clearTimeout(limit);
        resolve(opened);
      };
      socket.addEventListener('open', () => settle(true));
      socket.addEventListener('error', () => settle(false));
      socket.addEventListener('close', () => settle(false));
    });
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('close', ({ code, reason }) => this.#ended(FAILURES.lost(code, reason ?? '')));
  }

  get url(): string {
    return this.#options.url;
  }

  get closed(): boolean {
    return this.#end !== undefined;
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? TIMEOUT_MS;
  }

  /** Whether the server is what it should be. */
  async greet(): Promise<LiveFailure | undefined> {
    const { url, environment, login } = this.#options;
    const place = { url, pageUrl: environment.pageUrl };
    if (this.#socket.protocol !== SUBPROTOCOL) return FAILURES.wrongSubprotocol(place);
    const framer = new ReplyFramer(1, MAX_REPLY_BYTES, (line) => line !== 'MN');
    const answer = await this.#exchange([NOOP], framer, false);
    if (answer.failure !== undefined)
      return answer.failure.kind === 'no answer' ? FAILURES.noMemcached(place) : answer.failure;
    const line = latin1(answer.reply).split('\r\n', 1)[0]!;
    this.#isGreeted = line === '';
    if (this.#isGreeted) return undefined;
    if (line === UNAUTHENTICATED) return login === undefined ? FAILURES.passwordWanted() : FAILURES.wrongPassword();
    return line === 'ERROR' ? FAILURES.tooOld() : FAILURES.noMemcached(place);
  }

  /** Sends whole commands, and gives all of their replies. Whoever comes meanwhile waits. */
  send(bytes: Uint8Array): Promise<LiveReply> {
    const sent = this.#last.then(() => this.#send(bytes));
    this.#last = sent;
    return sent;
  }

  close(): void {
    this.#end ??= FAILURES.lost(1000, '');
    this.#socket.close();
  }

  async #send(bytes: Uint8Array): Promise<LiveReply> {
    if (this.#end !== undefined) return { failure: this.#end };
    let noops = 1;
    let mayEnd = false;
    const unfinished = unfinishedIn(bytes);
    if (unfinished !== undefined) return { failure: unfinished };
    for (const { words, line } of findRequests(bytes)) {
      // With a space in front it is no command for the server: it answers ERROR.
      const isCommand = words[0] !== undefined && words[0].from === line.from;
      const name = isCommand ? latin1(bytes.subarray(words[0]!.from, words[0]!.to)) : '';
      if (name === 'mn') ++noops;
      mayEnd ||= ENDS_CONNECTION.test(name);
    }
    const framer = new ReplyFramer(noops, this.#options.maxReplyBytes ?? MAX_REPLY_BYTES);
    return this.#exchange([bytes, NOOP], framer, mayEnd);
  }

  #exchange(parts: readonly Uint8Array[], framer: ReplyFramer, mayEnd: boolean): Promise<LiveReply> {
    return new Promise((resolve) => {
      const limit = setTimeout(() => this.#fail(FAILURES.noAnswer(this.#timeoutMs / 1000)), this.#timeoutMs);
      const finish = (reply: LiveReply) => {
        clearTimeout(limit);
        this.#waiting = undefined;
        resolve(reply);
      };
      this.#waiting = { framer, mayEnd, finish };
      const bytes = concat(parts);
      try {
        for (let from = 0; from < bytes.length; from += MAX_FRAME_BYTES) {
          this.#socket.send(bytes.subarray(from, from + MAX_FRAME_BYTES));
        }
      } catch {
        this.#fail(FAILURES.lost(undefined, ''));
      }
    });
  }

  #receive(data: unknown): void {
    const { url, environment } = this.#options;
    const waiting = this.#waiting;
    if (!(data instanceof ArrayBuffer)) {
      this.#fail(FAILURES.noMemcached({ url, pageUrl: environment.pageUrl }));
    } else if (waiting === undefined) {
      this.#fail(FAILURES.outOfStep());
    } else {
      const state = waiting.framer.take(new Uint8Array(data));
      if (state === 'done') waiting.finish({ reply: waiting.framer.reply(), closed: false });
      else if (state === 'too much') this.#fail(FAILURES.tooMuch(waiting.framer.maxBytes));
      else if (state === 'out of step') this.#fail(FAILURES.outOfStep());
    }
  }

  /** The connection cannot be used any more. */
  #fail(failure: LiveFailure): void {
    this.#ended(failure);
    this.#socket.close();
  }

  #ended(failure: LiveFailure): void {
    const waiting = this.#waiting;
    const isNew = this.#end === undefined;
    this.#end ??= failure;
    if (waiting?.mayEnd && failure.kind === 'lost') waiting.finish({ reply: waiting.framer.reply(), closed: true });
    else waiting?.finish({ failure });
    if (isNew && this.#isGreeted) this.#options.onLost?.(failure);
  }
}
