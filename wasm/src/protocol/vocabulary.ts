// The words of the protocol, and what they mean: commands, reply codes, errors. Every other file asks here.

import type { ErrorCode } from '../base/types.js';

/** What the words of a command's line mean. Positions count from the command, which is 0. */
export interface CommandForm {
  readonly meta?: boolean;
  /** Where the first key is. A command without a key has none. */
  readonly keyAt?: number;
  readonly manyKeys?: boolean;
  /** Where the length of the value is that follows the line. A command without a value has none. */
  readonly lengthAt?: number;
  /** Where "noreply" may stand at the earliest. */
  readonly noreplyAt?: number;
  /**
   * Its replies, besides errors: "values" are VALUE lines and then END; a list names the codes of its one line. A
   * command without any answers any number of lines.
   */
  readonly replies?: 'values' | readonly string[];
  /** Its one line may be a number. */
  readonly givesNumber?: boolean;
  /** Words follow the code of its one line, as they do for every meta command. */
  readonly saysMore?: boolean;
  /** Of a meta command: the codes that the flag q keeps back. */
  readonly quiet?: readonly string[];
}

const RETRIEVAL: CommandForm = { keyAt: 1, manyKeys: true, replies: 'values' };
const GET_AND_TOUCH: CommandForm = { keyAt: 2, manyKeys: true, replies: 'values' };
const STORAGE: CommandForm = { keyAt: 1, lengthAt: 4, noreplyAt: 5, replies: ['STORED', 'NOT_STORED'] };
const ARITHMETIC: CommandForm = { keyAt: 1, noreplyAt: 3, replies: ['NOT_FOUND'], givesNumber: true };

/** The commands whose form is known. Any other command is a line without a key or a value. */
export const COMMANDS: Readonly<Record<string, CommandForm>> = {
  get: RETRIEVAL,
  gets: RETRIEVAL,
  gat: GET_AND_TOUCH,
  gats: GET_AND_TOUCH,
  set: STORAGE,
  add: STORAGE,
  replace: STORAGE,
  append: STORAGE,
  prepend: STORAGE,
  cas: { keyAt: 1, lengthAt: 4, noreplyAt: 6, replies: ['STORED', 'EXISTS', 'NOT_FOUND'] },
  incr: ARITHMETIC,
  decr: ARITHMETIC,
  touch: { keyAt: 1, noreplyAt: 3, replies: ['TOUCHED', 'NOT_FOUND'] },
  delete: { keyAt: 1, noreplyAt: 2, replies: ['DELETED', 'NOT_FOUND'] },
  mg: { meta: true, keyAt: 1, replies: ['HD', 'VA', 'EN'], quiet: ['EN'] },
  ms: { meta: true, keyAt: 1, lengthAt: 2, replies: ['HD', 'NS', 'EX', 'NF'], quiet: ['HD'] },
  md: { meta: true, keyAt: 1, replies: ['HD', 'NF', 'EX'], quiet: ['HD', 'NF'] },
  ma: { meta: true, keyAt: 1, replies: ['HD', 'VA', 'NF', 'NS', 'EX'] },
  me: { meta: true, keyAt: 1, replies: ['ME', 'EN'] },
  mn: { replies: ['MN'] },
  flush_all: { noreplyAt: 1, replies: ['OK'] },
  verbosity: { noreplyAt: 1, replies: ['OK'] },
  version: { replies: ['VERSION'], saysMore: true },
};

/** What is known of this command, which anybody may have sent. */
export function formOf(command: string): CommandForm | undefined {
  return Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
}

/** After these a connection is over, or is something else. */
export const ENDS_CONNECTION: readonly string[] = ['quit', 'shutdown', 'watch'];

// ---------------------------------------------------------------- replies

/** Reply codes of meta commands as numbers, first letter first: so that comparing them costs nothing. */
export const HD = 0x4844; // done
export const VA = 0x5641; // a value follows
export const EX = 0x4558; // somebody else has changed it

/** Letters of a meta command's reply code. */
export const CODE_BYTES = 2;

/** The lines that a value follows, and where its length is. */
export const VALUE_LENGTH_AT: Readonly<Record<string, number>> = { VA: 1, VALUE: 3 };

/** What the lines mean that are errors; the first that fits counts. */
export const ERRORS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^SERVER_ERROR object too large/, 'TOO_LARGE'],
  [/^SERVER_ERROR out of memory/, 'NO_MEMORY'],
  [/^CLIENT_ERROR.* non-numeric/, 'NON_NUMERIC'],
  [/^SERVER_ERROR\b/, 'SERVER_ERROR'],
  [/^(CLIENT_)?ERROR\b/, 'CLIENT_ERROR'],
];
/** The server did not understand the line. */
export const MISREAD_LINE = /^(ERROR\b|CLIENT_ERROR (bad|invalid|duplicate)\b)/;
