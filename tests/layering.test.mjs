// The core's layers, checked on the source text: what a file of core/ may include, and what it may
// not call. Linking shows a missing library; this shows the header or the clock read that needs none.
// Run by `./dev test layering`, which is `node --test tests/layering.test.mjs`.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const core = join(dirname(fileURLToPath(import.meta.url)), '..', 'core');

// Layer -> the layers below it, whose headers it may include besides its own.
const below = {
  base: [],
  store: ['base'],
  snapshot: ['base', 'store'],
  protocol: ['base'],
  command: ['base', 'store', 'protocol'],
  session: ['base', 'store', 'protocol', 'command'],
};

// Standard headers that need nothing of the host. Not here on purpose: threads and atomics (the
// core is single-threaded), clocks, files, streams (size), exceptions and RTTI, <random> (the host
// seeds), and what Emscripten's C++20 library lacks.
const standardHeaders = new Set(
  `
  algorithm array bit bitset cassert charconv cinttypes climits cmath compare concepts cstddef
  cstdint cstdlib cstring deque forward_list functional initializer_list iterator limits list map
  memory new numeric optional queue set span string string_view tuple type_traits unordered_map
  unordered_set utility variant vector version`
    .trim()
    .split(/\s+/),
);

// Vector instructions; whoever uses them keeps a portable version beside them.
const vectorHeaders = /^(([ensta]mm|imm)intrin|arm_neon|wasm_simd128)\.h$/;

// What reaches for the host, or what the core does without. A call is a name followed by "(" that
// is no member: `clock.time()` is somebody's own. Sockets and files need no line here: their headers
// are not on the list above.
const forbiddenCalls = `
  time clock clock_gettime gettimeofday localtime gmtime mktime usleep nanosleep
  rand srand random srandom getrandom getenv setenv system exit
  fopen fread fwrite fclose printf fprintf snprintf puts putchar perror`
  .trim()
  .split(/\s+/);
const forbiddenWords = `
  throw try catch dynamic_cast typeid thread_local goto`
  .trim()
  .split(/\s+/);
const forbiddenNames = `
  thread jthread mutex atomic chrono random_device filesystem cout cerr cin ifstream ofstream
  fstream this_thread condition_variable future promise regex locale`
  .trim()
  .split(/\s+/);

const callPattern = new RegExp(`(?<![\\w.>:]|->)(?:::|std::)?(${forbiddenCalls.join('|')})\\s*\\(`);
const wordPattern = new RegExp(`(?<!\\w)(${forbiddenWords.join('|')})(?!\\w)`);
const namePattern = new RegExp(`(?<!\\w)std::(${forbiddenNames.join('|')})(?!\\w)`);

/** Source with comments and literals blanked out, line numbers kept. */
function codeOnly(text) {
  const blank = (match) => match.replace(/[^\n]/g, ' ');
  return text.replace(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"(\w*)\([\s\S]*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'/g,
    blank,
  );
}

function includeFault(layer, line) {
  const include = line.match(/^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)/);
  if (!include) return null;
  const [, own, system] = include;
  if (system) {
    if (standardHeaders.has(system) || vectorHeaders.test(system)) return null;
    return `<${system}> is not on the list of headers that the core may use`;
  }
  const owner = own.split('/')[0];
  if (!(owner in below)) return `"${own}": write includes from core/, as "store/store.h"`;
  if (owner !== layer && !below[layer].includes(owner)) {
    return `"${own}": ${layer}/ must not know ${owner}/`;
  }
  return existsSync(join(core, own)) ? null : `"${own}" does not exist`;
}

function codeFault(line) {
  const call = line.match(callPattern);
  if (call) return `calls ${call[1]}(): the host gives time, randomness and IO`;
  const word = line.match(wordPattern);
  if (word) return `uses ${word[1]}`;
  const name = line.match(namePattern);
  return name ? `uses std::${name[1]}` : null;
}

/** What is wrong with one source file of a layer, as "line: reason". */
function faultsIn(layer, text) {
  const code = codeOnly(text).split('\n');
  return text.split('\n').flatMap((line, i) => {
    // An include's name is a string literal: look at the line as written, unless it is commented out.
    const fault = /^\s*#\s*include/.test(code[i]) ? includeFault(layer, line) : codeFault(code[i]);
    return fault ? [`${i + 1}: ${fault}`] : [];
  });
}

function sourcesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(h|cc|def)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

for (const layer of Object.keys(below)) {
  test(`core/${layer} sees only what is below it`, () => {
    const faults = sourcesOf(join(core, layer)).flatMap((file) =>
      faultsIn(layer, readFileSync(file, 'utf8')).map((f) => `${relative(core, file)}:${f}`),
    );
    assert.deepEqual(faults, []);
  });
}

test('every folder of core/ is a known layer', () => {
  const folders = readdirSync(core, { withFileTypes: true }).filter((e) => e.isDirectory());
  assert.deepEqual(
    folders.map((e) => e.name).filter((name) => !(name in below)),
    [],
  );
});

// The check itself must be able to fail: each planted line is a fault, each innocent one is not.
test('planted violations are found', () => {
  const planted = [
    ['base', '#include <thread>'],
    ['base', '#include <chrono>'],
    ['store', '#include <boost/asio.hpp>'],
    ['store', '#include <sys/socket.h>'],
    ['protocol', '#include "store/store.h"'],
    ['base', '#include "session/session.h"'],
    ['command', '#include "../store/store.h"'],
    ['session', '#include "native/server.h"'],
    ['base', 'auto now = time(nullptr);'],
    ['base', 'auto now = std::time(nullptr);'],
    ['base', 'auto now = ::clock_gettime(CLOCK_REALTIME, &spec);'],
    ['store', 'int r = rand() % 7;'],
    ['store', 'std::mutex lock;'],
    ['command', 'if (bad) throw 1;'],
    ['session', 'thread_local int depth;'],
  ];
  for (const [layer, line] of planted) {
    assert.equal(faultsIn(layer, `// fine\n${line}\n`).length, 1, line);
  }
});

test('innocent lines pass', () => {
  const innocent = [
    ['base', '#include <vector>'],
    ['base', '#include <emmintrin.h>'],
    ['base', '// reads the clock with time(nullptr)'],
    ['store', '/* #include <thread>\n   throw */'],
    ['store', 'const char* text = "throw time( std::mutex";'],
    ['command', 'auto t = clock.time();'],
    ['command', 'auto t = clock->time(); auto runtime = entry_time(t);'],
    ['protocol', "constexpr auto big = 1'000'000; char q = '\"'; use(q);"],
  ];
  for (const [layer, text] of innocent) assert.deepEqual(faultsIn(layer, text), [], text);
});
