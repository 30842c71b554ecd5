// One herd by one strategy: what each client does, millisecond by millisecond.

import type { Inspector, Session } from 'isocache/inspect';
import { bytesOf, latin1 } from '../base/text.js';
import type { Strategy } from './strategies.js';

/** How often who waits asks again, in milliseconds. */
export const RETRY_MS = 250;
const SAMPLE_MS = 100;

/** How things stand at a moment. */
export interface Point {
  /** Milliseconds since the first client came. */
  readonly t: number;
  /** Origin calls so far. */
  readonly calls: number;
  /** Clients that have come and have no page yet. */
  readonly waiting: number;
  /** Old pages that were shown so far. */
  readonly old: number;
  /** Clients that have a page, old or new. */
  readonly answered: number;
}

export interface HerdRow extends Pick<Strategy, 'id' | 'title' | 'command' | 'say'> {
  /** How often the page was made. */
  readonly originCalls: number;
  /** How often at the same time, at most. */
  readonly mostAtOnce: number;
  /** Clients that did not get a page at once. */
  readonly waited: number;
  readonly longestWaitMs: number;
  readonly meanWaitMs: number;
  /** Clients that got the old page. */
  readonly oldAnswers: number;
  /** What the cache was sent by all of them. */
  readonly commands: number;
  readonly series: readonly Point[];
}

interface Client {
  readonly session: Session;
  readonly cameMs: number;
}

export class Stampede {
  readonly #store: Inspector;
  readonly #strategy: Strategy;
  readonly #arrivals: readonly number[];
  readonly #loadMs: number;
  readonly #startMs: number;
  /** What happens when: by milliseconds. */
  readonly #agenda: (() => void)[][] = [];
  readonly #waits: number[] = [];
  readonly #series: Point[] = [];
  #nowMs = 0;
  #came = 0;
  #calls = 0;
  #loading = 0;
  #mostAtOnce = 0;
  #old = 0;
  #commands = 0;

  constructor(store: Inspector, strategy: Strategy, arrivals: readonly number[], loadMs: number) {
    this.#store = store;
    this.#strategy = strategy;
    this.#arrivals = arrivals;
    this.#loadMs = loadMs;
    const first = store.connect();
    for (const step of strategy.before) {
      if (typeof step === 'number') store.now += step * 1000;
      else first.feed(bytesOf(`${step}\r\n`));
    }
    first.close();
    this.#startMs = store.now;
  }

  *play(): Generator<undefined, HerdRow> {
    for (const time of this.#arrivals) this.#at(time, () => this.#arrive());
    for (; this.#nowMs < this.#agenda.length; ++this.#nowMs) {
      for (const event of this.#agenda[this.#nowMs] ?? []) {
        this.#store.now = this.#startMs + this.#nowMs;
        event();
        yield;
      }
      if (this.#nowMs % SAMPLE_MS === 0) this.#sample();
    }
    this.#sample();
    return this.#row();
  }

  #at(timeMs: number, event: () => void): void {
    (this.#agenda[timeMs] ??= []).push(event);
  }

  #arrive(): void {
    ++this.#came;
    this.#ask({ session: this.#store.connect(), cameMs: this.#nowMs });
  }

  #ask(client: Client): void {
    const answer = this.#strategy.read(this.#send(client, this.#strategy.ask));
    if (answer === 'wait') this.#at(this.#nowMs + RETRY_MS, () => this.#ask(client));
    else if (answer === 'make') this.#make(client, () => this.#finish(client));
    else if (answer === 'here') this.#finish(client);
    else this.#showOld(client, answer === 'old, make');
  }

  #showOld(client: Client, makes: boolean): void {
    ++this.#old;
    this.#waits.push(this.#nowMs - client.cameMs);
    if (makes) this.#make(client, () => client.session.close());
    else client.session.close();
  }

  #make(client: Client, then: () => void): void {
    ++this.#calls;
    this.#mostAtOnce = Math.max(this.#mostAtOnce, ++this.#loading);
    this.#at(this.#nowMs + this.#loadMs, () => {
      --this.#loading;
      this.#send(client, this.#strategy.store);
      then();
    });
  }

  #finish(client: Client): void {
    this.#waits.push(this.#nowMs - client.cameMs);
    client.session.close();
  }

  #send({ session }: Client, command: string): string {
    ++this.#commands;
    return latin1(session.feed(bytesOf(`${command}\r\n`)));
  }

  #sample(): void {
    const answered = this.#waits.length;
    const point = { t: this.#nowMs, calls: this.#calls, waiting: this.#came - answered, old: this.#old, answered };
    if (this.#series.at(-1)?.t !== point.t) this.#series.push(point);
  }

  #row(): HerdRow {
    const { id, title, command, say } = this.#strategy;
    const sum = this.#waits.reduce((total, wait) => total + wait, 0);
    return {
      id,
      title,
      command,
      say,
      originCalls: this.#calls,
      mostAtOnce: this.#mostAtOnce,
      waited: this.#waits.filter((wait) => wait > 0).length,
      longestWaitMs: Math.max(...this.#waits),
      meanWaitMs: Math.round(sum / this.#waits.length),
      oldAnswers: this.#old,
      commands: this.#commands,
      series: this.#series,
    };
  }
}
