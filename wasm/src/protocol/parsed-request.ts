// One request, and its parts.

import { fromLatin1 } from '../base/bytes.js';
import { CR, decodeText, LF, latin1, SPACE } from '../base/text.js';
import { placesOf, takesFlags } from './vocabulary.js';

/** One request as it came. A view: nothing is copied until it is asked for. */
export class ParsedRequest {
  /** The request exactly as sent, line ends and value included: what to forward. Of one that is too large: the line. */
  readonly bytes: Uint8Array;
  /** The first word of the line, such as `get` or `mg`. Unknown commands come here, too. */
  readonly command: string;
  /** The line's other words, in order. */
  readonly args: readonly string[];
  /** What a storage command stores. */
  readonly value: Uint8Array | undefined;
  /** The value is larger than the cache takes, and was not read. */
  readonly tooLarge: boolean;

  /** @internal */
  constructor(bytes: Uint8Array, words: string[], value?: Uint8Array, tooLarge = false) {
    this.bytes = bytes;
    this.command = words[0] ?? '';
    this.args = words.slice(1);
    this.value = value;
    this.tooLarge = tooLarge;
  }

  /** The first key as text (of a meta command with the flag `b`: decoded); undefined if the command has none. */
  get key(): string | undefined {
    return this.#hasBinaryKey() ? decodeText(this.keyBytes!) : this.#sentKeys()[0];
  }

  /** The same as bytes, exactly as the engine takes them. */
  get keyBytes(): Uint8Array | undefined {
    if (this.#sentKeys().length === 0) return undefined;
    const [key] = placesOf(this.command);
    const sent = wordOf(this.bytes, key);
    return this.#hasBinaryKey() ? decodeBase64(sent) : sent;
  }

  /** All keys: get, gets, gat and gats may have many. */
  get keys(): readonly string[] {
    const [, most] = placesOf(this.command);
    if (most > 1) return this.#sentKeys();
    const key = this.key;
    return key === undefined ? [] : [key];
  }

  /** A meta command's flags as sent: `['v', 'T60']`. */
  get flags(): readonly string[] {
    const [key, , length] = placesOf(this.command);
    return takesFlags(this.command) ? this.args.slice(length || key) : [];
  }

  /**
   * The client expects no answer: it is a text command with "noreply" at its end. A meta command's `q` is in
   * `flags`.
   */
  get noreply(): boolean {
    const [, , , at] = placesOf(this.command);
    return at !== 0 && this.args.length >= at && this.args.at(-1) === 'noreply';
  }

  #sentKeys(): readonly string[] {
    const [key, most] = placesOf(this.command);
    return this.args.slice(key - 1, key - 1 + most);
  }

  #hasBinaryKey(): boolean {
    return this.args.length > 0 && hasFlagB(this.command, this.flags);
  }
}

/** As the engine reads it: what follows the letter is ignored, but `me` knows the flag only alone and as the first. */
function hasFlagB(command: string, flags: readonly string[]): boolean {
  return command === 'me' ? flags[0] === 'b' : flags.some((flag) => flag[0] === 'b');
}

/** The word at this position of the request's line. REQUIRES: there is one. */
function wordOf(request: Uint8Array, position: number): Uint8Array {
  const newline = request.indexOf(LF);
  const line = request.subarray(0, request[newline - 1] === CR ? newline - 1 : newline);
  let begin = 0;
  let end = 0;
  for (let word = 0; word <= position; ++word) {
    for (begin = end; line[begin] === SPACE; ) ++begin;
    for (end = begin; end < line.length && line[end] !== SPACE; ) ++end;
  }
  return new Uint8Array(line.subarray(begin, end));
}

/**
 * As the engine reads keys: letters outside the alphabet are skipped, and the first group of four with padding is the
 * last. A key that the engine would refuse stays as it was sent.
 */
function decodeBase64(sent: Uint8Array): Uint8Array {
  const letters = latin1(sent).replace(/[^A-Za-z\d+/=]/g, '');
  const first = /^(?:[^=]{4})*(?:.{4})?/.exec(letters)![0];
  const padding = first.split('=').length - 1;
  if (letters.length % 4 !== 0 || first === '' || padding > 2) return sent;
  const bytes = fromLatin1(atob(first.replaceAll('=', 'A')));
  return bytes.subarray(0, bytes.length - padding);
}
