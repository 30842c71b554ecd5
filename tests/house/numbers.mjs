// Numbers that no name explains, in what is shipped: core/, native/ and wasm/abi/.

import { codeOnly } from './code.mjs';
import { matching } from './tree.mjs';

const SHIPPED = /^(core|native|wasm\/abi)\/.*\.(cc|h)$/;

/** Numbers that need no name: they count, double, are bytes or decimal places, or change a unit. */
const PLAIN = new Set([0, 1, 2, 8, 10, 100, 1000, 1e6, 1e9, 1024, 1024 * 1024]);

/** A line that gives a number its name, or says something of types at compile time. */
const NAMING = /\b(constexpr|static_assert|enum|alignas|case)\b|\bconst\b[^;]*=|^\s*k[A-Z]\w*\s*=|^\s*#/;

/** What a number is multiplied with, divided by or added to. */
const ARITHMETIC = /(?<![<>=!&|*/+-])(\*|\/|%|\+|-)=? (\d[\d']*)(?:[uUlL]*)\b(?![.\w'])/g;

/** A bound. Small ones count words or digits, and the line says of what. */
const BOUND = /(?<![<>-])(<=|>=|<|>) (\d[\d']*)(?:[uUlL]*)\b(?![.\w'])/g;
const SMALL_BOUND = 16;

/** Files whose numbers are an algorithm's or an encoding's own, each with the algorithm. */
const ALGORITHMS = new Map([
  ['core/base/hash.cc', 'SipHash'],
  ['core/protocol/base64.cc', '3 bytes in 4 characters'],
  ['native/http/credentials.cc', '3 bytes in 4 characters'],
]);

/** The lines of a statement that begins with a naming word are all naming. */
function namingLines(lines) {
  const naming = new Set();
  let open = false;
  for (const [i, line] of lines.entries()) {
    if (open || NAMING.test(line)) {
      naming.add(i);
      open = !/[;{]\s*$/.test(line);
    }
  }
  return naming;
}

const isPlain = (digits) => PLAIN.has(Number(digits.replaceAll("'", '')));

function numbersIn(line) {
  const bounds = [...line.matchAll(BOUND)].filter((match) => Number(match[2].replaceAll("'", '')) >= SMALL_BOUND);
  return [...line.matchAll(ARITHMETIC), ...bounds].filter((match) => !isPlain(match[2]));
}

export function unexplainedNumbers(tree) {
  return matching(tree, SHIPPED)
    .filter(([path]) => !ALGORITHMS.has(path))
    .flatMap(([path, text]) => {
      const lines = codeOnly(path, text).split('\n');
      const naming = namingLines(lines);
      return lines.flatMap((line, i) =>
        naming.has(i) ? [] : numbersIn(line).map((match) => `${path}:${i + 1}: ${match[1]} ${match[2]} has no name`),
      );
    });
}
