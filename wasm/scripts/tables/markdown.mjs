// native/docs/commands.md.

const HEADER = `\
<!-- generated: node wasm/scripts/tables.mjs, from core/protocol/*.def. Do not edit. -->
# Commands, flags, replies and errors

This is memcached's text protocol and meta protocol, as isocache speaks them. A line ends with \`\\r\\n\`. A word
in \`<>\` stands for something of yours, what is in \`[]\` may be left out, \`|\` is "or". A key has up to 250 bytes, none
of them a space or a line end. An exptime is in seconds: 0 never expires, a negative one has expired already, up to 30
days count from now, more is a unix time.

In the examples, \`>\` is sent and \`<\` is the reply. What stands above the \`·\` was sent before; its replies are left
out. \`$\` says how the server was started, and \`#\` what happened. Each example is a test.
`;

const cell = (text) => text.replaceAll('|', '\\|');
const code = (text) => (text === '' ? '' : `\`${cell(text)}\``);
/** What would be markup in a text. */
const prose = (text) => cell(text).replace(/[<>*_`]/g, '\\$&');
const row = (...cells) => `| ${cells.join(' | ')} |`;

function table(head, rows) {
  return [row(...head), `|${'---|'.repeat(head.length)}`, ...rows].join('\n');
}

const linesOf = (text) => (text === '' ? [] : text.split('\n'));

/** An example in one cell of a table. */
function example({ before, request, reply }) {
  const sent = (line) => (/^[$#]/.test(line) ? line : `> ${line}`);
  const earlier = linesOf(before).map((line) => code(sent(line)));
  if (earlier.length !== 0) earlier.push('·');
  const requests = linesOf(request).map((line) => code(sent(line)));
  const replies = linesOf(reply).map((line) => (line === '' ? '`<`' : code(`< ${line}`)));
  return [...earlier, ...requests, ...replies].join('<br>');
}

function words({ least, most }) {
  if (most === Infinity) return `${least} or more`;
  return least === most ? `${least}` : `${least} to ${most}`;
}

const GROUPS = [
  ['Reading', ['retrieval', 'getAndTouch']],
  ['Storing', ['storage']],
  ['One key', ['arithmetic', 'touch', 'delete']],
  ['Meta commands', ['metaGet', 'metaSet', 'metaDelete', 'metaArithmetic', 'metaDebug', 'metaNoop']],
  ['Administration', ['admin']],
];

function commandsPart(commands) {
  const line = (command) =>
    row(code(command.syntax), words(command), prose(command.meaning), prose(command.change), example(command.example));
  const parts = GROUPS.map(([title, families]) => {
    const rows = commands.filter((command) => families.includes(command.family)).map(line);
    return `### ${title}\n\n${table(['command', 'words', 'what it does', 'what changes', 'example'], rows)}`;
  });
  return ['## Commands', ...parts].join('\n\n');
}

const ARGUMENTS = {
  none: '',
  token: '<text>',
  unsigned64: '<number>',
  unsigned32: '<number>',
  seconds: '<seconds>',
  mode: '<mode>',
};

function flagsOf(command, { flags, uses, ignored, modes }) {
  const argument = (letter) => ARGUMENTS[flags.find((flag) => flag.letter === letter).argument];
  const lines = uses
    .filter((use) => use.command === command)
    .map((use) =>
      row(
        code(use.letter + argument(use.letter)),
        prose(use.meaning),
        prose(use.change),
        prose(use.reply),
        example(use.example),
      ),
    );
  const parts = [
    `### ${command}`,
    table(['flag', 'what it does', 'what changes', 'what the reply shows', 'example'], lines),
  ];
  const ownModes = modes.filter((mode) => mode.command === command);
  if (ownModes.length !== 0) {
    const rows = ownModes.map((mode) =>
      row(mode.letters.map(code).join(' '), prose(mode.meaning), example(mode.example)),
    );
    parts.push(table(['mode', 'what it does', 'example'], rows));
  }
  const others = ignored.filter((one) => one.command === command);
  const list = others.map((one) => `* ${one.letters.map(code).join(' ')}: ${prose(one.meaning)}`);
  parts.push(`Accepted and ignored:\n\n${list.join('\n')}`);
  return parts.join('\n\n');
}

function flagsPart(tables) {
  const commands = [...new Set(tables.uses.map((use) => use.command))];
  const intro =
    'A flag is a letter; its argument follows without a space. What flags ask for comes back in the order in which they\n' +
    'were sent, before `W`, `X` and `Z`. A line has at most 20 words.';
  return ['## Meta flags', intro, ...commands.map((command) => flagsOf(command, tables))].join('\n\n');
}

function repliesPart({ replies, codes, uses, lines, marks }) {
  const rowsOf = (list) =>
    list.flatMap((reply) =>
      uses
        .filter((use) => use.constant === reply.constant)
        .map((use, i) =>
          row(
            i === 0 ? code(reply.text) : '',
            use.commands.map(code).join(' '),
            prose(use.meaning),
            example(use.example),
          ),
        ),
    );
  const formRows = (list) =>
    list.map((one) => row(code(one.form), one.commands.map(code).join(' '), prose(one.meaning), example(one.example)));
  const head = ['reply', 'to', 'what it means', 'example'];
  return [
    '## Replies',
    '### Text commands',
    table(head, [...rowsOf(replies), ...formRows(lines)]),
    '### Meta commands',
    table(head, rowsOf(codes)),
    'Flags that only replies have:',
    table(['flag', ...head.slice(1)], formRows(marks)),
  ].join('\n\n');
}

function errorsPart(errors) {
  const rows = errors.map((error) =>
    row(code(error.text.replace(/(\r\n)+$/, '')), prose(error.when), prose(error.remedy), example(error.example)),
  );
  const intro = 'The connection goes on after an error, unless the table says otherwise.';
  return `## Errors\n\n${intro}\n\n${table(['error', 'when it comes', 'what to do', 'example'], rows)}\n`;
}

export function commandsPage({ commands, flags, replies }) {
  return [
    HEADER,
    commandsPart(commands),
    '',
    flagsPart(flags),
    '',
    repliesPart(replies),
    '',
    errorsPart(replies.errors),
  ].join('\n');
}
