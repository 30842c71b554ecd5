// From what stands in a request or a reply to the texts about it. Nothing is known of what the protocol does not have.

import { ERRORS, type ErrorName, type MetaCommand, META_CODES, META_FLAGS, type MetaFlag, REPLIES } from './tables.js';
import {
  COMMAND_TEXTS,
  type CommandText,
  ERROR_TEXTS,
  type ErrorText,
  type Example,
  FLAG_NAMES,
  FLAG_TEXTS,
  type FlagText,
  IGNORED_FLAG_TEXTS,
  MARK_TEXTS,
  META_CODE_TEXTS,
  MODE_TEXTS,
  type ModeText,
  REPLY_LINES,
  REPLY_TEXTS,
  type ReplyLine,
  type ReplyText,
  SUBCOMMAND_TEXTS,
} from './texts.js';

/** What a flag means to one command. */
export interface FlagMeaning extends FlagText {
  /** What it means to any command, in a few words. */
  readonly name: string;
  /** The command accepts it, and nothing happens. */
  readonly ignored: boolean;
}

/** A table's entry of that name, whatever the name is. */
function entry<T>(table: Readonly<Record<string, T | undefined>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** A command (`mg`), or one with a sub-command (`stats items`). */
export function textOfCommand(name: string): CommandText | undefined {
  return entry(COMMAND_TEXTS, name) ?? entry(SUBCOMMAND_TEXTS, name);
}

export function textOfFlag(command: string, letter: string): FlagMeaning | undefined {
  const name = entry(FLAG_NAMES, letter);
  if (name === undefined) return undefined;
  const text = entry(entry(FLAG_TEXTS, command) ?? {}, letter);
  if (text) return { ...text, name, ignored: false };
  const meaning = entry(entry(IGNORED_FLAG_TEXTS, command) ?? {}, letter);
  if (meaning === undefined) return undefined;
  const example = exampleOfIgnored(command as MetaCommand, letter as MetaFlag);
  return { name, ignored: true, meaning, change: 'Nothing.', reply: 'Nothing.', example };
}

const ARGUMENTS = { none: '', unsigned64: '5', unsigned32: '5', token: 'a', mode: 'S', seconds: '60' } as const;
/** The reply is the same without the flag. */
const IGNORING: Readonly<Record<MetaCommand, (flag: string) => Example>> = {
  mg: (flag) => ({ before: 'ms lang 2\nen', request: `mg lang ${flag} v`, reply: 'VA 2\nen' }),
  ms: (flag) => ({ before: '', request: `ms lang 2 ${flag}\nen`, reply: 'HD' }),
  md: (flag) => ({ before: 'ms lang 2\nen', request: `md lang ${flag}`, reply: 'HD' }),
  ma: (flag) => ({ before: 'ms hits 2\n41', request: `ma hits ${flag} v`, reply: 'VA 2\n42' }),
  me: (flag) => ({ before: 'ms lang 2 E42\nen', request: `me lang ${flag}`, reply: 'ME lang ... cas=42 ...' }),
};

function exampleOfIgnored(command: MetaCommand, letter: MetaFlag): Example {
  return IGNORING[command](`${letter}${ARGUMENTS[META_FLAGS[letter]]}`);
}

/** An argument of M. */
export function textOfMode(command: string, letter: string): ModeText | undefined {
  const modes = entry(MODE_TEXTS, command) ?? [];
  return letter.length === 1 ? modes.find(({ letters }) => letters.includes(letter)) : undefined;
}

/**
 * What a reply means that begins with this word (`HD`, `STORED`, `VALUE`), or is this number. With `command`, `uses`
 * has only what it means to that one.
 */
export function textOfReply(word: string, command?: string): ReplyText | undefined {
  const text = textOfCode(word) ?? textOfLine(word, command);
  if (text === undefined || command === undefined) return text;
  return { ...text, uses: text.uses.filter((use) => isFor(use, command)) };
}

function textOfCode(word: string): ReplyText | undefined {
  const code = nameOf(META_CODES, word);
  if (code) return META_CODE_TEXTS[code];
  const reply = nameOf(REPLIES, word);
  return reply && REPLY_TEXTS[reply];
}

function textOfLine(word: string, command: string | undefined): ReplyText | undefined {
  const head = /^\d+$/.test(word) ? '<number>' : word;
  const lines = REPLY_LINES.filter(({ form }) => form.split(' ')[0] === head);
  const line = lines.find((line) => command === undefined || isFor(line, command)) ?? lines[0];
  return line && { meaning: line.meaning, uses: lines };
}

const isFor = (use: { readonly commands: readonly string[] }, command: string): boolean =>
  use.commands.length === 0 || use.commands.includes(command);

function nameOf<Name extends string>(table: Readonly<Record<Name, string>>, text: string): Name | undefined {
  return (Object.keys(table) as Name[]).find((name) => table[name] === text);
}

/** A flag that only replies have (`W`). */
export function textOfMark(letter: string): ReplyLine | undefined {
  return MARK_TEXTS.find(({ form }) => form === letter);
}

/** An error by its line, and the command that it answers: two errors have the same words. */
export function textOfError(line: string, command?: string): ErrorText | undefined {
  const reads = command !== undefined && isFor({ commands: ['get', 'gets', 'gat', 'gats'] }, command);
  const name: ErrorName | undefined =
    reads && line === ERRORS.badRetrievalKey ? 'badRetrievalKey' : nameOf(ERRORS, line);
  return name && ERROR_TEXTS[name];
}
