// What is asked of the tables (tables.ts), and what only this package knows of the protocol's words: which error is
// which.

import type { ErrorCode } from '../base/types.js';
import { type CommandName, type CommandPlaces, type MetaCommand, PLACES, QUIET_CODES, REPLY_HEADS } from './tables.js';

const NO_PLACES: CommandPlaces = [0, 0, 0, 0];

/** Where key, length and "noreply" stand in a command's line. One that memcached does not know has none of them. */
export function placesOf(command: string): CommandPlaces {
  return Object.hasOwn(PLACES, command) ? PLACES[command as CommandName]! : NO_PLACES;
}

/** Whether flags follow the key. */
export function takesFlags(command: string): command is MetaCommand {
  return Object.hasOwn(QUIET_CODES, command);
}

/**
 * A command's replies, besides errors: "values" are VALUE lines and then END; a list names what its one line may begin
 * with. Undefined: it answers any number of lines, or nobody knows it.
 */
export function repliesOf(command: string): 'values' | readonly string[] | undefined {
  const heads = Object.hasOwn(REPLY_HEADS, command) ? REPLY_HEADS[command as CommandName] : [];
  if (heads.includes('VALUE')) return 'values';
  return heads.length === 0 || heads.includes('END') ? undefined : heads;
}

/** Of a meta command: the codes that the flag q keeps back. Undefined: it knows no q. */
export function quietCodesOf(command: string): readonly string[] | undefined {
  const codes = takesFlags(command) ? QUIET_CODES[command] : [];
  return codes.length === 0 ? undefined : codes;
}

/** After these a connection is over, or is something else. */
export const ENDS_CONNECTION: readonly string[] = ['quit', 'shutdown', 'watch'];

// ---------------------------------------------------------------- replies

/** Letters of a meta command's reply code. */
export const CODE_BYTES = 2;

/** The lines that a value follows, and where its length is. */
export const VALUE_LENGTH_AT: Readonly<Record<string, number>> = { VA: 1, VALUE: 3 };

/** What the lines mean that are errors; the first that fits counts. Servers word them in more ways than the tables. */
export const ERRORS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^SERVER_ERROR object too large/, 'TOO_LARGE'],
  [/^SERVER_ERROR out of memory/, 'NO_MEMORY'],
  [/^CLIENT_ERROR.* non-numeric/, 'NON_NUMERIC'],
  [/^SERVER_ERROR\b/, 'SERVER_ERROR'],
  [/^(CLIENT_)?ERROR\b/, 'CLIENT_ERROR'],
];
/** The server did not understand the line. */
export const MISREAD_LINE = /^(ERROR\b|CLIENT_ERROR (bad|invalid|duplicate)\b)/;
