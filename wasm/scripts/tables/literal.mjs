// TypeScript literals in the form that the project's formatter gives them.

const WIDTH = 120;
// After a key shorter than this, the formatter does not break the line.
const BREAKABLE_KEY = 5;

function quoted(text) {
  const json = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return text.includes("'") && !text.includes('"') ? `"${json}"` : `'${json.replaceAll("'", "\\'")}'`;
}

const keyOf = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name));

/** A value on one line. */
function flat(value) {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(flat).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const entries = Object.entries(value).map(([key, one]) => `${keyOf(key)}: ${flat(one)}`);
  return `{ ${entries.join(', ')} }`;
}

function lines(values, indent, begin, end, prefix) {
  const inner = `${indent}  `;
  const all = values.map(([key, value]) => inner + literal(value, inner, prefix(key)));
  return `${begin}\n${all.map((line) => `${line},\n`).join('')}${indent}${end}`;
}

/** `head` and the value: on one line if there is room for it, and a comma or semicolon behind it. */
export function literal(value, indent = '', head = '') {
  const line = `${head}${flat(value)}`;
  if (indent.length + line.length + 1 <= WIDTH) return line;
  if (typeof value === 'string') {
    return head.length - ': '.length < BREAKABLE_KEY ? line : `${head.trimEnd()}\n${indent}  ${quoted(value)}`;
  }
  if (Array.isArray(value)) return lines(Object.entries(value), indent, `${head}[`, ']', () => '');
  return lines(Object.entries(value), indent, `${head}{`, '}', (key) => `${keyOf(key)}: `);
}

/** type NAME = 'a' | 'b'; */
export function union(name, values) {
  const words = values.map(quoted);
  const line = `export type ${name} = ${words.join(' | ')};`;
  return line.length <= WIDTH ? line : `export type ${name} =\n${words.map((word) => `  | ${word}`).join('\n')};`;
}
