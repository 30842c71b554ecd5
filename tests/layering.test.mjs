// Arrows point down and form no circle: in core, in native, in wasm, in web and among the helpers of tests. Checked on
// the source text by the rules of house/. Run by `./dev test layering`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hostInCore } from './house/core-text.mjs';
import { arrowsBetweenParts, CORE, circles, faultsOfRooms, TESTS, upwardArrows } from './house/layers.mjs';
import { plantedTree, repositoryTree } from './house/tree.mjs';

const tree = repositoryTree();

/** The rooms of native/, wasm/src/ and web/src/, from their own lists. */
const listed = (file) => JSON.parse(tree.get(file) ?? 'null');

const NATIVE = 'native/LAYERS.json';
const WASM = 'wasm/src/LAYERS.json';
const WEB = 'web/LAYERS.json';

/** The files among which no circle is allowed. A test's own files are held to it through what they include. */
const HOUSE = /^(core|native|wasm\/abi|wasm\/src|web\/(src|test|scripts)|tests)\//;

describe('the repository', () => {
  test('core: a room sees only the rooms below it', () => {
    assert.deepEqual([...faultsOfRooms('tests/house/layers.mjs', CORE), ...upwardArrows(tree, 'core/', CORE)], []);
  });

  test('core: no thread, socket, file, clock or exception', () => {
    assert.deepEqual(hostInCore(tree), []);
  });

  for (const [folder, file] of [
    ['native/', NATIVE],
    ['wasm/src/', WASM],
    ['web/src/', WEB],
  ]) {
    const rooms = listed(file);
    test(`${folder}: a room sees only the rooms that LAYERS.json lists`, { skip: rooms ? false : `no ${file}` }, () => {
      assert.deepEqual([...faultsOfRooms(file, rooms), ...upwardArrows(tree, folder, rooms)], []);
    });
  }

  test("tests: a folder sees only the helpers' folders and itself", () => {
    const folders = new Map([...tree].filter(([path]) => /^tests\/[^/]+\//.test(path)));
    assert.deepEqual(
      [...faultsOfRooms('tests/house/layers.mjs', TESTS), ...upwardArrows(folders, 'tests/', TESTS)],
      [],
    );
  });

  test('core, native, wasm and web know nothing of what is built on them', () => {
    assert.deepEqual(arrowsBetweenParts(tree), []);
  });

  test('no circle of files', () => {
    assert.deepEqual(circles(tree, HOUSE), []);
  });
});

// The rules must be able to fail: each planted line is one fault, each innocent one is none.
describe('planted faults', () => {
  const STORE = 'int stored;\n';

  const core = [
    ['base', '#include <thread>'],
    ['base', '#include <chrono>'],
    ['store', '#include <boost/asio.hpp>'],
    ['store', '#include <sys/socket.h>'],
    ['command', '#include "../store/store.h"'],
    ['session', '#include "native/server.h"'],
    ['base', 'auto now = time(nullptr);'],
    ['base', 'auto now = std::time(nullptr);'],
    ['base', 'auto now = ::clock_gettime(CLOCK_REALTIME, &spec);'],
    ['store', 'int r = rand() % 7;'],
    ['store', 'std::mutex lock;'],
    ['command/stats', 'if (bad) throw 1;'],
    ['session', 'thread_local int depth;'],
  ];
  for (const [layer, line] of core) {
    test(`core/${layer}: ${line}`, () => {
      const planted = plantedTree({ [`core/${layer}/planted.cc`]: `// fine\n${line}\n`, 'core/store/store.h': STORE });
      assert.equal(hostInCore(planted).length, 1);
    });
  }

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
  for (const [layer, text] of innocent) {
    test(`core/${layer}, innocent: ${text.split('\n')[0]}`, () => {
      assert.deepEqual(hostInCore(plantedTree({ [`core/${layer}/fine.cc`]: text })), []);
    });
  }

  const upward = [
    ['core/', CORE, { 'core/protocol/a.h': '#include "store/store.h"', 'core/store/store.h': STORE }],
    ['core/', CORE, { 'core/base/a.h': '#include "session/b.h"', 'core/session/b.h': '' }],
    ['core/', CORE, { 'core/protocol/text/a.h': '#include "command/admin/b.h"', 'core/command/admin/b.h': '' }],
    ['core/', CORE, { 'core/cellar/a.h': '' }],
    ['native/', { base: [], net: ['base'] }, { 'native/base/a.h': '#include "native/net/b.h"', 'native/net/b.h': '' }],
    ['native/', { base: [], top: ['base'] }, { 'native/base/a.h': '#include "native/b.h"', 'native/b.h': '' }],
    [
      'wasm/src/',
      { base: [], store: ['base'] },
      { 'wasm/src/base/a.ts': "export * from '../store/b.js';", 'wasm/src/store/b.ts': '' },
    ],
    [
      'web/src/',
      { app: [], ui: ['app'] },
      { 'web/src/app/a.ts': "const view = await import('../ui/b.js');", 'web/src/ui/b.tsx': '' },
    ],
    ['tests/', TESTS, { 'tests/lib/a.mjs': "import '../e2e/b.mjs';", 'tests/e2e/b.mjs': '' }],
    ['tests/', TESTS, { 'tests/support/a.h': '#include "unit/b.h"', 'tests/unit/b.h': '' }],
  ];
  for (const [folder, rooms, files] of upward) {
    test(`an arrow up in ${Object.keys(files)[0]}`, () => {
      assert.equal(upwardArrows(plantedTree(files), folder, rooms).length, 1);
    });
  }

  test('a list of rooms that is not true', () => {
    assert.equal(faultsOfRooms('f', { a: ['b'], b: ['a'] }).length, 1);
    assert.equal(faultsOfRooms('f', { a: ['cellar'] }).length, 1);
  });

  test('a part that knows what is built on it', () => {
    const files = { 'native/a.cc': '#include "wasm/abi/b.h"', 'wasm/abi/b.h': '' };
    assert.equal(arrowsBetweenParts(plantedTree(files)).length, 1);
    const page = { 'web/src/ui/a.tsx': "import '../../../wasm/src/b.js';", 'wasm/src/b.ts': '' };
    assert.equal(arrowsBetweenParts(plantedTree(page)).length, 1);
  });

  const circle = [
    { 'core/base/a.h': '#include "base/b.h"', 'core/base/b.h': '', 'core/base/b.cc': '#include "base/a.h"' },
    {
      'native/a.h': '#include "native/b.h"',
      'native/b.h': '#include "native/c.h"',
      'native/c.h': '#include "native/a.h"',
    },
    { 'wasm/src/a.ts': "import './b.js';", 'wasm/src/b.ts': "export { x } from './a.js';" },
    { 'web/src/ui/a.tsx': "import './b.js';", 'web/src/ui/b.tsx': "import { x } from './a.js';" },
    { 'tests/lib/a.mjs': "import './b.mjs';", 'tests/lib/b.mjs': "await import('./a.mjs');" },
  ];
  for (const files of circle) {
    test(`a circle from ${Object.keys(files)[0]}`, () => assert.equal(circles(plantedTree(files), HOUSE).length, 1));
  }

  test('a header and its source are no circle', () => {
    const files = { 'core/base/a.h': '', 'core/base/a.cc': '#include "base/a.h"' };
    assert.deepEqual(circles(plantedTree(files), HOUSE), []);
  });
});
