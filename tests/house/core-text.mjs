// What a file of core/ may include and what it may not call. Linking shows a missing library; this shows the header or
// the clock read that needs none.

import { codeOnly, withoutComments } from './code.mjs';
import { CPP, matching } from './tree.mjs';

const words = (text) => text.trim().split(/\s+/);

// Standard headers that need nothing of the host. Not here on purpose: threads and atomics (the core is
// single-threaded), clocks, files, streams (size), exceptions and RTTI, <random> (the host seeds), and what
// Emscripten's C++20 library lacks.
const STANDARD_HEADERS = new Set(
  words(`
  algorithm array bit bitset cassert charconv cinttypes climits cmath compare concepts cstddef
  cstdint cstdlib cstring deque forward_list functional initializer_list iterator limits list map
  memory new numeric optional queue set span string string_view tuple type_traits unordered_map
  unordered_set utility variant vector version`),
);

// Vector instructions. A file that uses them keeps a portable version beside them.
const VECTOR_HEADERS = /^(([ensta]mm|imm)intrin|arm_(neon|acle)|wasm_simd128)\.h$/;

// What reaches for the host, or what the core does without. A call is a name followed by "(" that is no member:
// `clock.time()` is somebody's own. Sockets and files need no line here: their headers are not on the list above.
const CALLS = words(`
  time clock clock_gettime gettimeofday localtime gmtime mktime usleep nanosleep
  rand srand random srandom getrandom getenv setenv system exit
  fopen fread fwrite fclose printf fprintf snprintf puts putchar perror`);
const WORDS = words('throw try catch dynamic_cast typeid thread_local goto');
// Where what a host's `new` throws becomes a `false`, and nowhere else.
const CATCHES = { path: 'core/base/has_memory.h', words: words('try catch') };
const NAMES = words(`
  thread jthread mutex atomic chrono random_device filesystem cout cerr cin ifstream ofstream
  fstream this_thread condition_variable future promise regex locale`);

const CALL = new RegExp(`(?<![\\w.>:]|->)(?:::|std::)?(${CALLS.join('|')})\\s*\\(`);
const WORD = new RegExp(`(?<!\\w)(${WORDS.join('|')})(?!\\w)`);
const NAME = new RegExp(`(?<!\\w)std::(${NAMES.join('|')})(?!\\w)`);

function includeFault(tree, line) {
  const include = line.match(/^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)/);
  if (!include) return null;
  const [, own, system] = include;
  if (system) {
    if (STANDARD_HEADERS.has(system) || VECTOR_HEADERS.test(system)) return null;
    return `<${system}> is not on the list of headers that the core may use`;
  }
  return tree.has(`core/${own}`) ? null : `"${own}" is not in core/: write includes from core/, as "store/store.h"`;
}

function codeFault(path, line) {
  const call = line.match(CALL);
  if (call) return `calls ${call[1]}(): the host gives time, randomness and IO`;
  const word = line.match(WORD);
  if (word && !(path === CATCHES.path && CATCHES.words.includes(word[1]))) return `uses ${word[1]}`;
  const name = line.match(NAME);
  return name ? `uses std::${name[1]}` : null;
}

/** The lines of core/ that reach for what the core must do without. */
export function hostInCore(tree) {
  return matching(tree, /^core\//)
    .filter(([path]) => CPP.test(path))
    .flatMap(([path, text]) => {
      const code = codeOnly(path, text).split('\n');
      // An include's name is a string literal.
      const lines = withoutComments(path, text).split('\n');
      return code.flatMap((line, i) => {
        const fault = /^\s*#\s*include/.test(line) ? includeFault(tree, lines[i]) : codeFault(path, line);
        return fault ? [`${path}:${i + 1}: ${fault}`] : [];
      });
    });
}
