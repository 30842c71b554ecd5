// Tokens of what a client sends.

import {
  COMMANDS,
  type CommandFamily,
  type CommandName,
  IGNORED_FLAGS,
  type MetaCommand,
  type MetaFlag,
  SUBCOMMANDS,
  type SubcommandName,
  USED_FLAGS,
} from 'isocache/protocol';
import { escapeBytes } from '../base/escape.js';
import { decodeBase64, type FoundRequest, findRequests, hasBinaryKey, latin1, type Span } from '../base/requests.js';
import { areMissing, bytesOf, duration, quoteKey } from '../base/words.js';
import { exptimeInWords, partnerOfFlag } from './fields.js';
import { texts } from './texts.js';
import { exampleOf, type Told, Tokens } from './tokens.js';
import type { Token } from './types.js';

/** More words than a command has use for. */
const MOST_WORDS = 600;

/** Any number of commands, the last one perhaps unfinished. */
export function explainRequest(bytes: Uint8Array): Token[] {
  const tokens = new Tokens(bytes);
  for (const request of findRequests(bytes, MOST_WORDS)) {
    if (tokens.full) break;
    explainLine(bytes, request, tokens);
    tokens.add(request.lineEnd, 'end', LINE_END);
    explainValue(bytes, request, tokens);
  }
  return tokens.finish();
}

const LINE_END: Told = { title: 'line end', meaning: 'Ends the line; the protocol writes CR LF.' };

function explainValue(bytes: Uint8Array, { value, valueEnd, missing }: FoundRequest, tokens: Tokens): void {
  if (!value || !valueEnd) return;
  const lacking = missing > 0 ? ` ${areMissing(missing)}, with the line end.` : '';
  const meaning = `What is stored: ${bytesOf(value.to - value.from)} as they are, line ends too.${lacking}`;
  tokens.add(value, 'value', { title: 'value', meaning, partner: 'item:value' });
  const end = latin1(bytes, valueEnd);
  if ('\r\n'.startsWith(end)) tokens.add(valueEnd, 'end', { title: 'line end', meaning: 'Ends the value.' });
  else tokens.add(valueEnd, 'error', { title: 'no line end', meaning: 'The value is longer than its length says.' });
}

function explainLine(bytes: Uint8Array, { words }: FoundRequest, tokens: Tokens): void {
  const [first, ...rest] = words;
  if (!first) return;
  const name = latin1(bytes, first);
  if (!Object.hasOwn(COMMANDS, name)) {
    const meaning = 'No command has this name. Names are in small letters, and the first word of a line.';
    tokens.add(first, 'unknown', { title: 'not a command', meaning });
    for (const word of rest) tokens.add(word, 'unknown', { title: 'a word' });
    return;
  }
  const command = name as CommandName;
  tokens.add(first, 'command', tellCommand(texts()?.COMMAND_TEXTS[command], `command ${name}`));
  const { key, keys, length, noreply, family } = COMMANDS[command];
  const isMeta = family.startsWith('meta');
  const binary = hasBinaryKey(bytes, words, name);
  const flagsFrom = key + (length > 0 ? 2 : 1);
  for (const [index, word] of words.entries()) {
    if (index === 0) continue;
    if (key > 0 && (index === key || (index > key && keys === 'many'))) explainKey(bytes, word, binary, tokens);
    else if (isMeta && key > 0 && index >= flagsFrom) explainFlag(bytes, word, name as MetaCommand, tokens);
    else if (noreply > 0 && index >= noreply && latin1(bytes, word) === 'noreply') tokens.add(word, 'flag', NO_REPLY);
    else explainArgument(bytes, words, index, command, tokens);
  }
}

const NO_REPLY: Told = {
  title: 'noreply',
  meaning: 'The server leaves out its reply, and most errors. The client never learns the outcome.',
};

function tellCommand(
  text: { syntax: string; meaning: string; change: string; example: { request: string; reply: string } } | undefined,
  title: string,
): Told {
  if (!text) return { title };
  return { title: text.syntax, meaning: text.meaning, change: text.change, ...exampleOf(text.example) };
}

function explainKey(bytes: Uint8Array, word: Span, binary: boolean, tokens: Tokens): void {
  const sent = bytes.subarray(word.from, word.to);
  const decoded = binary ? decodeBase64(sent) : undefined;
  const meaning = binary
    ? decoded
      ? `Base64 for the key ${quoteKey(decoded)}.`
      : 'The flag b says base64, but this is none.'
    : 'What is read or changed: up to 250 bytes without spaces.';
  const partner = `key:${escapeBytes(decoded ?? sent)}`;
  tokens.add(word, 'key', { title: 'key', meaning, partner, ...(decoded && { decoded: escapeBytes(decoded) }) });
}

function explainFlag(bytes: Uint8Array, word: Span, command: MetaCommand, tokens: Tokens): void {
  const text = latin1(bytes, word);
  const letter = text.slice(0, 1) as MetaFlag;
  const argument = text.slice(1);
  const known = texts();
  const title = known?.FLAG_NAMES[letter] ? `flag ${letter}: ${known.FLAG_NAMES[letter]}` : `flag ${letter}`;
  if (USED_FLAGS[command].includes(letter)) {
    if (letter === 'M') {
      explainMode(word, command, argument, tokens);
      return;
    }
    const told = known?.FLAG_TEXTS[command][letter];
    const meaning = [
      told?.meaning,
      told && told.reply !== 'Nothing.' && `In the reply: ${told.reply}`,
      argumentInWords(letter, argument),
    ];
    const change = told && told.change !== 'Nothing.' ? { change: told.change } : {};
    const said = {
      title,
      meaning: joined(meaning),
      ...change,
      ...exampleOf(told?.example),
      partner: partnerOfFlag(letter, command),
    };
    tokens.add(word, 'flag', said);
  } else if (IGNORED_FLAGS[command].includes(letter)) {
    tokens.add(word, 'flag', {
      title: `flag ${letter}: accepted and ignored`,
      meaning: known?.IGNORED_FLAG_TEXTS[command][letter] ?? '',
    });
  } else {
    const meaning = `${command} has no flag ${letter}. Large and small letters are different flags.`;
    tokens.add(word, 'unknown', { title: 'not a flag', meaning });
  }
}

function explainMode(word: Span, command: MetaCommand, argument: string, tokens: Tokens): void {
  const letter = argument.slice(0, 1).toUpperCase();
  const modes = command === 'ms' || command === 'ma' ? texts()?.MODE_TEXTS[command] : undefined;
  const mode = letter === '' ? undefined : modes?.find(({ letters }) => letters.includes(letter));
  const title = mode ? `flag M: mode ${mode.meaning.split(/[:;,]/)[0]}` : 'flag M: mode';
  tokens.add(word, 'mode', { title, meaning: mode?.meaning ?? '', ...exampleOf(mode?.example), partner: 'flag:M' });
}

function argumentInWords(letter: string, argument: string): string {
  if (!/^-?\d{1,20}$/.test(argument)) return '';
  if (letter === 'T' || letter === 'N') return exptimeInWords(argument);
  if (letter === 'R') return `Here: less than ${duration(Number(argument))}.`;
  return '';
}

/** Of text commands: numbers that are told apart by their place. */
function explainArgument(
  bytes: Uint8Array,
  words: readonly Span[],
  index: number,
  command: CommandName,
  tokens: Tokens,
): void {
  const word = words[index]!;
  const text = latin1(bytes, word);
  const subcommand = `${command} ${text}` as SubcommandName;
  if (index === 1 && Object.hasOwn(SUBCOMMANDS, subcommand)) {
    tokens.add(word, 'command', tellCommand(texts()?.SUBCOMMAND_TEXTS[subcommand], subcommand));
    return;
  }
  const role = roleOf(command, index);
  if (!role) {
    tokens.add(word, /^-?\d+$/.test(text) ? 'number' : 'unknown', {
      title: placeholder(command, latin1(bytes, words[1]!), index),
    });
    return;
  }
  const more = role === EXPTIME ? exptimeInWords(text) : '';
  tokens.add(word, 'number', { ...role, meaning: joined([role.meaning, more]) });
}

/** What the command's form calls the word at this place. */
function placeholder(command: CommandName, subcommand: string, index: number): string {
  const known = texts();
  const both = `${command} ${subcommand}` as SubcommandName;
  const form = (Object.hasOwn(SUBCOMMANDS, both) ? known?.SUBCOMMAND_TEXTS[both] : known?.COMMAND_TEXTS[command])
    ?.syntax;
  // "lru tune <hot %> [noreply]": a placeholder may have spaces in it.
  const word = form?.match(/(?:<[^>]*>|[^\s<])+/g)?.[index] ?? 'argument';
  return /^\[?<([^<>]*)>\]?$/.exec(word)?.[1] ?? word;
}

function roleOf(command: CommandName, index: number): Told | undefined {
  const { family, length } = COMMANDS[command];
  if (length > 0 && index === length) return LENGTH;
  if (command === 'flush_all') return index === 1 ? DELAY : undefined;
  return ROLES[family]?.[index];
}

const LENGTH: Told = {
  title: 'length',
  meaning: 'How many bytes the value has, without the line end behind it. The value follows on the next line.',
  partner: 'item:length',
};
const EXPTIME: Told = { title: 'exptime', meaning: 'When the item expires, in seconds.', partner: 'item:ttl' };
const CLIENT_FLAGS: Told = {
  title: 'client flags',
  meaning: "A number of the client's own, kept with the value. Libraries note there how the value is encoded.",
  partner: 'item:clientFlags',
};
const CAS: Told = {
  title: 'cas unique',
  meaning: 'The number that the item must still have. gets returns it, and every store changes it.',
  partner: 'item:cas',
};
const DELTA: Told = { title: 'delta', meaning: 'How much is added or subtracted.', partner: 'item:value' };
const DELAY: Told = { title: 'delay', meaning: 'In how many seconds it happens; 0: now.' };
/** What stands at which place of a text command's line, key and length apart. */
const ROLES: Readonly<Partial<Record<CommandFamily, Readonly<Record<number, Told>>>>> = {
  storage: { 2: CLIENT_FLAGS, 3: EXPTIME, 5: CAS },
  arithmetic: { 2: DELTA },
  touch: { 2: EXPTIME },
  getAndTouch: { 1: EXPTIME },
};

function joined(parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part).join(' ');
}
