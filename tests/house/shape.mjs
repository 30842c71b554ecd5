// The shape of a file: its name, its length, the width of its lines, and comments that a reflow has torn.

import { commentsOf, withoutLiterals } from './code.mjs';
import { CPP, JAVASCRIPT, lineAt, matching } from './tree.mjs';

const MOST_LINES = 400;
const COLUMNS = { cpp: 100, javascript: 120 };

/** Files that may be longer, each with the reason. Tables, generated files and transcripts always may. */
const LONG_FILES = new Map([['dev', 'one script for everything']]);
const TABLES = /\.(def|txt|dict|json)$/;
const isGenerated = (text) => /^(\/\/|\/\*\*?|<!--|#) *(this (file|page) is )?generated/im.test(text.slice(0, 400));

export function longFiles(tree) {
  return [...tree].flatMap(([path, text]) => {
    const lines = text.split('\n').length - 1;
    if (lines <= MOST_LINES || TABLES.test(path) || LONG_FILES.has(path) || isGenerated(text)) return [];
    return [`${path}:1: has ${lines} lines, more than ${MOST_LINES}`];
  });
}

/** An exception for a file that is short, or gone, is an exception too many. */
export function needlessExceptions(tree) {
  return [...LONG_FILES.keys()]
    .filter((path) => !tree.has(path) || tree.get(path).split('\n').length - 1 <= MOST_LINES)
    .map((path) => `${path}:1: needs no exception for its length`);
}

/** An address and the name of a module cannot be broken; nor can a literal, which does not count. */
const UNBREAKABLE = /https?:\/\/\S{40}|^#include|^import .* from/;

export function wideLines(tree) {
  return [...tree].flatMap(([path, text]) => {
    const columns = TABLES.test(path)
      ? Infinity
      : CPP.test(path)
        ? COLUMNS.cpp
        : JAVASCRIPT.test(path)
          ? COLUMNS.javascript
          : Infinity;
    if (columns === Infinity || isGenerated(text)) return [];
    const lines = withoutLiterals(path, text).split('\n');
    return lines.flatMap((line, i) => {
      if (line.length <= columns || UNBREAKABLE.test(line)) return [];
      return [`${path}:${i + 1}: has ${line.length} columns, more than ${columns}`];
    });
  });
}

/** C++ and Python: snake_case. JavaScript and TypeScript: kebab-case. */
export function oddNames(tree) {
  return [...tree.keys()].flatMap((path) => {
    const name = path.split('/').at(-1);
    const style = /\.(cc|h|def|py)$/.test(name) ? 'snake_case' : JAVASCRIPT.test(name) ? 'kebab-case' : null;
    const other = style === 'snake_case' ? /[-A-Z]/ : /[_A-Z]/;
    return style && other.test(name) ? [`${path}:1: is not ${style}`] : [];
  });
}

/** The lines of each block of comment lines, without the comment's marks, as { line, words }. */
function commentBlocks(path, text) {
  const blocks = [];
  for (const { offset, text: comment } of commentsOf(path, text)) {
    const first = lineAt(text, offset);
    const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
    if (before.trim()) continue; // a comment at the end of a line of code
    const lines = comment.split('\n').map((line, i) => ({
      line: first + i,
      words: line.replace(/^\s*(\/\/|\/\*\*?|\*\/|\*)? ?/, '').replace(/\*\/\s*$/, ''),
    }));
    const last = blocks.at(-1);
    if (last && last.at(-1).line + 1 === first) last.push(...lines);
    else blocks.push(lines);
  }
  return blocks;
}

/** A line of one or two words that the next line goes on from, after a line that did not end there. */
function isOrphan(above, { words }, below) {
  const count = words.trim().split(/\s+/).length;
  const indented = /^\s{2}|^[-*|+]|^\S+:/;
  return (
    words.trim() !== '' &&
    count <= 2 &&
    words.length < 30 &&
    above.words.length > 60 &&
    !/[.:;,]$/.test(words.trim()) &&
    below.words.trim() !== '' &&
    ![above, { words }, below].some((line) => indented.test(line.words))
  );
}

export function orphanLines(tree) {
  return [...tree]
    .filter(([path]) => CPP.test(path) || JAVASCRIPT.test(path))
    .flatMap(([path, text]) =>
      commentBlocks(path, text).flatMap((lines) =>
        lines
          .filter((line, i) => i > 0 && i + 1 < lines.length && isOrphan(lines[i - 1], line, lines[i + 1]))
          .map(({ line, words }) => `${path}:${line}: "${words}" stands alone in the middle of a comment`),
      ),
    );
}

const MOST_FUNCTION_LINES = 60;

/** Tests that are longer than a function may be: biome does not look at them, for describe() would be one as well. */
export function longTests(tree) {
  return matching(tree, /\.test\.mjs$/).flatMap(([path, text]) => {
    const lines = text.split('\n');
    return lines.flatMap((line, i) => {
      const indent = line.match(/^(\s*)(?:await )?(?:t\.)?(?:test|it|before|after|beforeEach|afterEach)\(/)?.[1];
      if (indent === undefined || /\);$/.test(line)) return [];
      // It ends with the next line that begins where it does.
      const length = lines.slice(i + 1).findIndex((end) => new RegExp(`^${indent}\\S`).test(end)) + 2;
      return length <= MOST_FUNCTION_LINES ? [] : [`${path}:${i + 1}: a test of ${length} lines`];
    });
  });
}

/** Long functions of C++ are clang-tidy's to find, those of JavaScript biome's. Both limits must be in force. */
export function missingLimits(tree) {
  const faults = [];
  if (!/readability-function-size\.LineThreshold\s+value: 60\b/.test(tree.get('.clang-tidy') ?? '')) {
    faults.push('.clang-tidy:1: sets no limit for the lines of a function');
  }
  if (!/"noExcessiveLinesPerFunction"[\s\S]{0,120}"maxLines": 60\b/.test(tree.get('biome.jsonc') ?? '')) {
    faults.push('biome.jsonc:1: sets no limit for the lines of a function');
  }
  return faults;
}
