// C++, TypeScript and JavaScript without a parser: which parts of a file are code, which are comments, which literals.

// In order: comments, C++ raw strings, strings, template strings, characters. A regular expression is taken for one
// where a value may begin, so that a quote or "//" in it starts nothing.
const CPP_PARTS =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|R"(?<raw>\w*)\([\s\S]*?\)\k<raw>"|"(?:\\.|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'/g;
const JAVASCRIPT_PARTS =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|(?<=[=(,:[!&|?{};>]\s*|return\s+|^\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/gm;

const parts = (path) => (/\.(cc|h|def|c)$/.test(path) ? CPP_PARTS : JAVASCRIPT_PARTS);
const blank = (text) => text.replace(/[^\n]/g, ' ');

/** The text with comments and literals blanked out, offsets and line numbers kept. */
export const codeOnly = (path, text) => text.replace(parts(path), blank);

/** The text with comments blanked out and literals kept. */
export const withoutComments = (path, text) =>
  text.replace(parts(path), (part, ...rest) => (rest.at(-1).comment === undefined ? part : blank(part)));

/** The text with literals taken out, line numbers kept. */
export const withoutLiterals = (path, text) =>
  text.replace(parts(path), (part, ...rest) => (rest.at(-1).comment === undefined ? part.replace(/[^\n]/g, '') : part));

/** Each comment as { offset, text }. */
export const commentsOf = (path, text) =>
  [...text.matchAll(parts(path))]
    .filter((match) => match.groups.comment !== undefined)
    .map((match) => ({ offset: match.index, text: match[0] }));

/** The project's files that a C++ file names in #include "...", as { name, line }. */
export function includesOf(text) {
  const code = withoutComments('file.cc', text).split('\n');
  return code.flatMap((line, i) => {
    const name = line.match(/^\s*#\s*include\s+"([^"]+)"/)?.[1];
    return name ? [{ name, line: i + 1 }] : [];
  });
}

/** The modules that a JavaScript or TypeScript file names in import or export ... from, as { name, line }. */
export function importsOf(path, text) {
  const code = withoutComments(path, text);
  const pattern = /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*['"]([^'"]+)['"]/g;
  return [...code.matchAll(pattern)].map((match) => ({
    name: match[1],
    line: code.slice(0, match.index).split('\n').length,
  }));
}
