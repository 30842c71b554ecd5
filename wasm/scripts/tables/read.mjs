// Reads core/protocol/*.def: rows of X-macros, into plain objects.

import { readFileSync } from 'node:fs';

const folder = new URL('../../../core/protocol/', import.meta.url);

const TOKEN = /\s*(?:\/\/[^\n]*|#[^\n]*|("(?:[^"\\]|\\.)*")|('(?:[^'\\]|\\.)')|([A-Za-z_]\w*)|(\d+)|([(),]))/y;

/** The words of a file, without comments and preprocessor lines: { kind, value }. */
function* wordsOf(text, name) {
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`${name}: cannot read "${text.slice(at, at + 40).trim()}"`);
    const [, string, letter, word, number, mark] = match;
    // C's escapes in the tables are JSON's.
    if (string !== undefined) yield { kind: 'text', value: JSON.parse(string) };
    else if (letter !== undefined) yield { kind: 'text', value: letter.slice(1, -1) };
    else if (word !== undefined) yield { kind: 'name', value: word };
    else if (number !== undefined) yield { kind: 'number', value: Number(number) };
    else if (mark !== undefined) yield { kind: mark, value: mark };
  }
}

/** An argument: a text (adjacent ones are joined), a name, a number, or NAME(arguments) as an array. */
function readArgument(words) {
  const first = words.shift();
  if (first.kind === 'name' && words[0]?.kind === '(') return readArguments(words);
  let { value } = first;
  while (first.kind === 'text' && words[0]?.kind === 'text') value += words.shift().value;
  return value;
}

function readArguments(words) {
  words.shift(); // (
  const all = [];
  while (true) {
    all.push(readArgument(words));
    if (words.shift().kind === ')') return all;
  }
}

/** The rows of a file, in order: [macro, [arguments]]. */
function readRows(name) {
  const words = [...wordsOf(readFileSync(new URL(name, folder), 'utf8'), name)];
  const rows = [];
  while (words.length !== 0) rows.push([words.shift().value, readArguments(words)]);
  return rows;
}

/** "kBadFormat" -> "badFormat". */
const plainName = (constant) => constant[1].toLowerCase() + constant.slice(2);

const exampleOf = ([before, request, reply]) => ({ before, request, reply });

/** What commands.def tells of a command or a sub-command. */
function commandOf([tokens, key, [length], syntax, meaning, change, example]) {
  const [least, most, tooFew, tooMany] = tokens;
  const error = (name) => (name === 'kNoError' ? null : plainName(name));
  return {
    least,
    most: most === 'kAny' ? Infinity : most,
    tooFew: error(tooFew),
    tooMany: error(tooMany),
    key: key[0],
    keys: { kNoKey: 'none', kOneKey: 'one', kManyKeys: 'many' }[key[1]],
    length,
    syntax,
    meaning,
    change,
    example: exampleOf(example),
  };
}

function readCommands() {
  const commands = [];
  for (const [macro, [verb, second, ...rest]] of readRows('commands.def')) {
    const subcommand = macro === 'ISOCACHE_SUBCOMMAND';
    const family = subcommand ? 'admin' : plainName(second);
    commands.push({ verb, subcommand: subcommand ? second : '', family, ...commandOf(rest) });
  }
  return commands;
}

function readFlags() {
  const tables = { flags: [], uses: [], ignored: [], modes: [] };
  for (const [macro, row] of readRows('meta_flags.def')) {
    if (macro === 'ISOCACHE_META_FLAG') {
      const [letter, argument, meaning] = row;
      tables.flags.push({ letter, argument: plainName(argument), meaning });
    } else if (macro === 'ISOCACHE_META_USE') {
      const [command, letter, meaning, change, reply, example] = row;
      tables.uses.push({ command, letter, meaning, change, reply, example: exampleOf(example) });
    } else if (macro === 'ISOCACHE_META_IGNORED') {
      const [command, letters, meaning] = row;
      tables.ignored.push({ command, letters: [...letters], meaning });
    } else {
      const [command, letters, meaning, example] = row;
      tables.modes.push({ command, letters: [...letters], meaning, example: exampleOf(example) });
    }
  }
  return tables;
}

const wordsIn = (text) => text.split(' ').filter((word) => word !== '');

function readReplies() {
  const tables = { replies: [], codes: [], uses: [], lines: [], marks: [], errors: [] };
  for (const [macro, row] of readRows('replies.def')) {
    if (macro === 'ISOCACHE_REPLY' || macro === 'ISOCACHE_META_CODE') {
      const [constant, text, meaning] = row;
      const list = macro === 'ISOCACHE_REPLY' ? tables.replies : tables.codes;
      const name = plainName(constant.replace(/^kMeta/, 'k'));
      list.push({ constant, name, text: text.trimEnd(), meaning });
    } else if (macro === 'ISOCACHE_REPLY_TO') {
      const [constant, commands, meaning, example] = row;
      tables.uses.push({ constant, commands: wordsIn(commands), meaning, example: exampleOf(example) });
    } else if (macro === 'ISOCACHE_ERROR') {
      const [constant, text, when, remedy, example] = row;
      tables.errors.push({ name: plainName(constant), text, when, remedy, example: exampleOf(example) });
    } else {
      const [form, commands, meaning, example] = row;
      const list = macro === 'ISOCACHE_META_MARK' ? tables.marks : tables.lines;
      list.push({ form, commands: wordsIn(commands), meaning, example: exampleOf(example) });
    }
  }
  return tables;
}

/** All three files. */
export function readTables() {
  return { commands: readCommands(), flags: readFlags(), replies: readReplies() };
}
