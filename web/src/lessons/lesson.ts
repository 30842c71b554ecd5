// What a lesson is, and what its checks may look at.

import type { ItemState } from 'isocache/inspect';
import type { Reply } from '../base/replies.js';

export interface Lesson {
  readonly id: string;
  readonly title: string;
  /** How long it takes somebody who knows nothing of this. */
  readonly minutes: number;
  /** Paragraphs; what is in backticks is typed or answered. */
  readonly text: readonly string[];
  /** The store's limit, if it is not the usual one. */
  readonly memoryBytes?: number;
  /** Steps of a tape, a line each, that are done before the lesson begins. */
  readonly setup: string;
  readonly tasks: readonly Task[];
}

export interface Task {
  /** What is to be done, in a sentence or two. */
  readonly say: string;
  readonly hint: string;
  /** Steps of a tape that do it: "show me". */
  readonly solution: string;
  /** Who is to do it, if it matters. */
  readonly who?: string;
  /** Which key it is about, if it is one. */
  readonly key?: string;
  /** What was learnt, once it is done. */
  readonly done: string;
  /** Is asked after each step. It looks at the store, at what was sent, and at replies. */
  check(look: Look): boolean;
  /** Why it is not done, where that is not plain: a clause without a dot. */
  readonly why?: (look: Look) => string | undefined;
}

/** An item with its value as text. */
export interface Item extends ItemState {
  readonly value: string;
  /** Seconds until it expires; undefined: never. */
  readonly ttl: number | undefined;
}

/** A command as the server reads it. */
export interface Asked {
  readonly name: string;
  /** All words of its line, the name first. */
  readonly words: readonly string[];
}

/** What a client sent in one step, and what came back. */
export interface Exchange {
  readonly client: string;
  readonly commands: readonly Asked[];
  /** The last one lacks its line end or a part of its value: it has done nothing yet. */
  readonly unfinished: boolean;
  /** All keys that it names, each once, base64 decoded. */
  readonly keys: readonly string[];
  readonly replies: readonly Reply[];
}

/** The store as it is now, and what happened since the task began. */
export interface Look {
  item(key: string): Item | undefined;
  readonly exchanges: readonly Exchange[];
  /** Keys of items that memory had no room for. */
  readonly evicted: readonly string[];
}
