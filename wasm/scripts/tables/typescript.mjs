// wasm/src/protocol/tables.ts and texts.ts.

import { literal, union } from './literal.mjs';

const HEADER = '// generated: node wasm/scripts/tables.mjs, from core/protocol/*.def. Do not edit.\n';

const by = (rows, key, value) => Object.fromEntries(rows.map((row) => [key(row), value(row)]));

/** Rows of several commands, an object for each: { mg: of(rows of mg), ... }. */
function byCommand(rows, of) {
  const commands = [...new Set(rows.map((row) => row.command))];
  return Object.fromEntries(commands.map((command) => [command, of(rows.filter((row) => row.command === command))]));
}

const declare = (name, type, value) => `${literal(value, '', `export const ${name}: ${type} = `)};\n`;
const declareConst = (name, value) => `${literal(value, '', `export const ${name} = `)} as const;\n`;

const textOf = (row) => row.text.replace(/(\r\n)+$/, '');

const TABLE_TYPES = `\
/** Of a command's line: how many words it has, the verb among them, and where key and length stand. */
export interface CommandShape {
  /** The fewest words. */
  readonly least: number;
  /** The most words; Infinity: words without a meaning are ignored. */
  readonly most: number;
  /** The error that fewer words, and more, are answered with. */
  readonly tooFew: ErrorName | null;
  readonly tooMany: ErrorName | null;
  /** The index of the first key among the words; 0: there is none. */
  readonly key: number;
  readonly keys: 'none' | 'one' | 'many';
  /** The index of the word that is the length of the value that follows the line; 0: none follows. */
  readonly length: number;
  /** The index of the first word that may be "noreply"; 0: the command takes none. */
  readonly noreply: number;
}
`;

const shapeOf = ({ least, most, tooFew, tooMany, key, keys, length, syntax }) => ({
  least,
  most,
  tooFew,
  tooMany,
  key,
  keys,
  length,
  noreply: syntax.endsWith(' [noreply]') ? least : 0,
});

const PLACES_TYPE = `\
/** The same in short, for code that has to be small. \`keys\` is how many there may be: 0, 1 or Infinity. */
export type CommandPlaces = readonly [key: number, keys: number, length: number, noreply: number];

/** A command that is not here has none of them. */
`;

const MOST_KEYS = { none: 0, one: 1, many: Infinity };

function placesOf(command) {
  const { key, keys, length, noreply } = shapeOf(command);
  return [key, MOST_KEYS[keys], length, noreply];
}

const hasPlaces = (command) => placesOf(command).some((place) => place !== 0);

const fullName = (command) => [command.verb, command.subcommand].filter(Boolean).join(' ');

/** The words that a command's reply may begin with; those in brackets are no words of a reply. */
function headsOf({ verb }, { replies, codes, uses, lines }) {
  const known = new Map([...replies, ...codes].map((reply) => [reply.constant, reply.text]));
  const texts = [
    ...uses.map((use) => ({ text: known.get(use.constant), commands: use.commands })),
    ...lines.map((line) => ({ text: line.form, commands: line.commands })),
  ];
  const heads = texts
    .filter(({ commands }) => commands.includes(verb))
    .map(({ text }) => /^(<number>|[^ <]*)/.exec(text)[0]);
  return [...new Set(heads)].filter((head) => !head.startsWith('('));
}

/** The codes that `q` leaves out, by what meta_flags.def says of its reply: "HD and VA are left out. ..." */
function quietCodesOf(rows) {
  const { command, reply } = rows.find((row) => row.letter === 'q') ?? {};
  if (command === undefined) return [];
  const [, codes] = /^([A-Z, and]+) (?:is|are) left out\./.exec(reply) ?? [];
  if (codes === undefined) throw new Error(`${command}: what q leaves out is not said: ${reply}`);
  return codes.match(/[A-Z]{2}/g);
}

/** The number that a code's two letters are. */
const numberOf = (code) => `0x${Buffer.from(code).toString('hex')}`;

/** Names, words and flags: what a client needs. */
export function tablesModule({ commands, flags, replies }) {
  const main = commands.filter((command) => command.subcommand === '');
  const sub = commands.filter((command) => command.subcommand !== '');
  const verbs = main.map((command) => command.verb);
  const lettersOf = (rows) => rows.flatMap((row) => row.letters ?? row.letter).join('');
  return [
    HEADER,
    '// Commands, flags and replies. Their texts for people are in texts.ts.\n',
    '\n',
    `${union('CommandName', verbs)}\n`,
    `${union('SubcommandName', sub.map(fullName))}\n`,
    `${union('CommandFamily', [...new Set(main.map((command) => command.family))])}\n`,
    `${union('MetaCommand', Object.keys(byCommand(flags.uses, () => 0)))}\n`,
    `${union(
      'MetaFlag',
      flags.flags.map((flag) => flag.letter),
    )}\n`,
    `${union('FlagArgument', [...new Set(flags.flags.map((flag) => flag.argument))])}\n`,
    'export type ErrorName = keyof typeof ERRORS;\n\n',
    TABLE_TYPES,
    '\n',
    declare(
      'COMMANDS',
      'Readonly<Record<CommandName, CommandShape & { readonly family: CommandFamily }>>',
      by(
        main,
        (command) => command.verb,
        (command) => ({ family: command.family, ...shapeOf(command) }),
      ),
    ),
    '\n',
    PLACES_TYPE,
    declare(
      'PLACES',
      'Readonly<Partial<Record<CommandName, CommandPlaces>>>',
      by(main.filter(hasPlaces), (command) => command.verb, placesOf),
    ),
    '\n',
    declare('SUBCOMMANDS', 'Readonly<Record<SubcommandName, CommandShape>>', by(sub, fullName, shapeOf)),
    '\n/** What follows the letter of a meta flag. */\n',
    declare(
      'META_FLAGS',
      'Readonly<Record<MetaFlag, FlagArgument>>',
      by(
        flags.flags,
        (flag) => flag.letter,
        (flag) => flag.argument,
      ),
    ),
    '\n/** The flags that a command has a use for, and those that it accepts and ignores. */\n',
    declare('USED_FLAGS', 'Readonly<Record<MetaCommand, string>>', byCommand(flags.uses, lettersOf)),
    declare('IGNORED_FLAGS', 'Readonly<Record<MetaCommand, string>>', byCommand(flags.ignored, lettersOf)),
    '\n/** The reply codes that the flag q keeps back. */\n',
    declare('QUIET_CODES', 'Readonly<Record<MetaCommand, readonly string[]>>', byCommand(flags.uses, quietCodesOf)),
    '\n/** The letters that M takes. */\n',
    declareConst('MODES', byCommand(flags.modes, lettersOf)),
    '\n/** What the lines of a reply begin with, errors and values apart. "<number>": a number. */\n',
    declare(
      'REPLY_HEADS',
      'Readonly<Record<CommandName, readonly string[]>>',
      by(
        main,
        (command) => command.verb,
        (command) => headsOf(command, replies),
      ),
    ),
    '\n/** Replies of text commands, without their line end. */\n',
    declareConst(
      'REPLIES',
      by(replies.replies, (row) => row.name, textOf),
    ),
    '\n/** What a reply to a meta command begins with. */\n',
    declareConst(
      'META_CODES',
      by(replies.codes, (row) => row.name, textOf),
    ),
    '\n// The same as numbers, first letter first: comparing them costs nothing.\n',
    ...replies.codes.map((row) => `export const ${textOf(row)} = ${numberOf(textOf(row))};\n`),
    '\n/** Flags that only replies have. */\n',
    declareConst('META_MARKS', replies.marks.map((mark) => mark.form).join('')),
    '\n/** Errors, without their line end. */\n',
    declareConst(
      'ERRORS',
      by(replies.errors, (row) => row.name, textOf),
    ),
  ].join('');
}

const TEXT_TYPES = `\
/**
 * What was sent before, a request, and its reply. "\\n" stands for the protocol's line end, and the last one is left
 * out. Among what was sent before, a line "$ isocached -F" says how the server was started, and a line that begins
 * with "#" what happened. "..." in a reply is any text.
 */
export interface Example {
  readonly before: string;
  readonly request: string;
  readonly reply: string;
}

export interface CommandText {
  readonly syntax: string;
  readonly meaning: string;
  /** What becomes different in the store or the server. */
  readonly change: string;
  readonly example: Example;
}

export interface FlagText {
  readonly meaning: string;
  readonly change: string;
  /** What the reply shows. */
  readonly reply: string;
  readonly example: Example;
}

export interface ModeText {
  readonly letters: string;
  readonly meaning: string;
  readonly example: Example;
}

/** What a reply means to some commands; no commands: to any. */
export interface ReplyUse {
  readonly commands: readonly CommandName[];
  readonly meaning: string;
  readonly example: Example;
}

export interface ReplyText {
  readonly meaning: string;
  readonly uses: readonly ReplyUse[];
}

/** A reply that is no fixed text. */
export interface ReplyLine extends ReplyUse {
  readonly form: string;
}

export interface ErrorText {
  readonly when: string;
  readonly remedy: string;
  readonly example: Example;
}
`;

const commandText = ({ syntax, meaning, change, example }) => ({ syntax, meaning, change, example });

function replyTexts(rows, uses) {
  return by(
    rows,
    (row) => row.name,
    (row) => ({
      meaning: row.meaning,
      uses: uses.filter((use) => use.constant === row.constant).map(({ constant, ...use }) => use),
    }),
  );
}

/** The texts for people. */
export function textsModule({ commands, flags, replies }) {
  const main = commands.filter((command) => command.subcommand === '');
  const sub = commands.filter((command) => command.subcommand !== '');
  const types = ['CommandName', 'ErrorName', 'MetaCommand', 'MetaFlag', 'META_CODES', 'REPLIES', 'SubcommandName'];
  const flagTexts = (rows) =>
    by(
      rows,
      (row) => row.letter,
      ({ meaning, change, reply, example }) => ({ meaning, change, reply, example }),
    );
  const ignoredTexts = (rows) =>
    Object.fromEntries(rows.flatMap((row) => row.letters.map((letter) => [letter, row.meaning])));
  const modeTexts = (rows) =>
    rows.map(({ letters, meaning, example }) => ({ letters: letters.join(''), meaning, example }));
  return [
    HEADER,
    '// What commands, flags, replies and errors mean, for people. Apart from tables.ts, so that only those who show the\n',
    '// texts pay for them.\n\n',
    `import type { ${types.join(', ')} } from './tables.js';\n\n`,
    TEXT_TYPES,
    '\n',
    declare(
      'COMMAND_TEXTS',
      'Readonly<Record<CommandName, CommandText>>',
      by(main, (row) => row.verb, commandText),
    ),
    '\n',
    declare('SUBCOMMAND_TEXTS', 'Readonly<Record<SubcommandName, CommandText>>', by(sub, fullName, commandText)),
    '\n/** A name for each flag. */\n',
    declare(
      'FLAG_NAMES',
      'Readonly<Record<MetaFlag, string>>',
      by(
        flags.flags,
        (flag) => flag.letter,
        (flag) => flag.meaning,
      ),
    ),
    '\n/** The flags that a command has a use for. */\n',
    declare(
      'FLAG_TEXTS',
      'Readonly<Record<MetaCommand, Readonly<Partial<Record<MetaFlag, FlagText>>>>>',
      byCommand(flags.uses, flagTexts),
    ),
    '\n/** Why a command ignores the others. */\n',
    declare(
      'IGNORED_FLAG_TEXTS',
      'Readonly<Record<MetaCommand, Readonly<Partial<Record<MetaFlag, string>>>>>',
      byCommand(flags.ignored, ignoredTexts),
    ),
    '\n/** The arguments of M. */\n',
    declare('MODE_TEXTS', "Readonly<Record<'ms' | 'ma', readonly ModeText[]>>", byCommand(flags.modes, modeTexts)),
    '\n',
    declare(
      'REPLY_TEXTS',
      'Readonly<Record<keyof typeof REPLIES, ReplyText>>',
      replyTexts(replies.replies, replies.uses),
    ),
    '\n',
    declare(
      'META_CODE_TEXTS',
      'Readonly<Record<keyof typeof META_CODES, ReplyText>>',
      replyTexts(replies.codes, replies.uses),
    ),
    '\n',
    declare('REPLY_LINES', 'readonly ReplyLine[]', replies.lines),
    '\n/** Flags that only replies have. */\n',
    declare('MARK_TEXTS', 'readonly ReplyLine[]', replies.marks),
    '\n',
    declare(
      'ERROR_TEXTS',
      'Readonly<Record<ErrorName, ErrorText>>',
      by(
        replies.errors,
        (row) => row.name,
        ({ when, remedy, example }) => ({ when, remedy, example }),
      ),
    ),
  ].join('');
}
