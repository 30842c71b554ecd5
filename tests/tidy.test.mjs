// The house is tidy: nothing that nobody uses, no name that leads nowhere, no file that has grown too long, no number
// without a name. Checked on the source text by the rules of house/. Run by `./dev test tidy`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unexplainedNumbers } from './house/numbers.mjs';
import {
  longFiles,
  longTests,
  missingLimits,
  needlessExceptions,
  oddNames,
  orphanLines,
  wideLines,
} from './house/shape.mjs';
import { plantedTree, repositoryFiles, repositoryText, repositoryTree } from './house/tree.mjs';
import {
  constantsNobodyUses,
  exportsNobodyImports,
  filesNobodyUses,
  functionsNobodyUses,
  sourcesNobodyBuilds,
} from './house/unused.mjs';
import { brokenLinks, filesThatDoNotExist, strayVersions } from './house/words.mjs';

const RULES = {
  'every file is used': filesNobodyUses,
  'every C++ source is built': sourcesNobodyBuilds,
  'every constant is used': constantsNobodyUses,
  'every function of a C++ header is called': functionsNobodyUses,
  'every exported name is imported': exportsNobodyImports,
  'files that comments and pages name exist': filesThatDoNotExist,
  'links lead somewhere': (tree) => brokenLinks(tree, repositoryFiles()),
  'the version is the same everywhere': (tree) =>
    strayVersions(new Map([...tree, ['wasm/package-lock.json', repositoryText('wasm/package-lock.json')]])),
  'numbers have names': unexplainedNumbers,
  'files are short': longFiles,
  'tests are short': longTests,
  'no exception is needless': needlessExceptions,
  'a function has a longest length': missingLimits,
  'lines are short': wideLines,
  'comments are not torn': orphanLines,
  'names of files have one style': oddNames,
};

describe('the repository', () => {
  const tree = repositoryTree();
  for (const [title, rule] of Object.entries(RULES)) test(title, () => assert.deepEqual(rule(tree), []));
});

// The rules must be able to fail: each tree on the left has one fault, the one on the right is the same without it.
const PLANTED = [
  ['a header', filesNobodyUses, { 'core/base/a.h': '' }, { 'core/base/a.h': '', 'core/b.cc': '#include "base/a.h"' }],
  [
    'a table',
    filesNobodyUses,
    { 'core/base/a.def': '' },
    { 'core/base/a.def': '', 'core/b.cc': '#include "base/a.def"' },
  ],
  [
    'a module',
    filesNobodyUses,
    { 'wasm/src/a.ts': '' },
    { 'wasm/src/a.ts': '', 'wasm/src/entry/b.ts': "import '../a.js';" },
  ],
  [
    'a part of a page',
    filesNobodyUses,
    { 'web/src/a.tsx': '' },
    { 'web/src/a.tsx': '', 'web/src/b.css': '', 'web/test/c.test.mjs': "import '../src/a.js'; import '../src/b.css';" },
  ],
  [
    'a helper',
    filesNobodyUses,
    { 'tests/lib/a.mjs': '' },
    { 'tests/lib/a.mjs': '', 'tests/e2e/b.test.mjs': 'run("a.mjs")' },
  ],
  [
    'a source',
    sourcesNobodyBuilds,
    { 'wasm/abi/a.cc': '', 'wasm/CMakeLists.txt': '' },
    { 'core/a.cc': '', 'core/CMakeLists.txt': 'GLOB' },
  ],
  [
    'a constant',
    constantsNobodyUses,
    { 'core/a.h': 'inline constexpr int kMost = 3; // kMost' },
    { 'core/a.h': 'constexpr int kMost = 3; int x = kMost;' },
  ],
  ['a local constant', constantsNobodyUses, { 'native/a.cc': 'const std::string_view kName{"a"};' }, {}],
  [
    'a function',
    functionsNobodyUses,
    { 'core/a.h': 'int size() const;', 'core/a.cc': 'int A::size() const {\n}' },
    { 'core/a.h': 'int size();', 'core/b.cc': 'f(size());' },
  ],
  [
    'an inline function',
    functionsNobodyUses,
    { 'core/a.h': '  int size() const { return 1; }' },
    { 'core/a.h': 'int size() override;' },
  ],
  [
    'an export',
    exportsNobodyImports,
    { 'wasm/src/a.ts': 'export const most = 1; f(most);' },
    { 'wasm/src/a.ts': 'export const most = 1;', 'wasm/src/b.ts': "import { most } from './a.js';" },
  ],
  [
    'an exported type',
    exportsNobodyImports,
    { 'wasm/src/a.ts': 'export interface A {}' },
    {
      'wasm/src/a.ts': 'export interface A {}\nexport const f = (a: A) => a;',
      'wasm/src/entry/b.ts': "export { f } from '../a.js';",
    },
  ],
  [
    'a name in a comment',
    filesThatDoNotExist,
    { 'core/a.h': '// See chain.h.' },
    { 'core/a.h': '// See store/b.h.\nx = "c.h";', 'core/store/b.h': '' },
  ],
  [
    'a name in a page',
    filesThatDoNotExist,
    { 'core/README.md': '`store/b.h`' },
    { 'core/README.md': '`store/b.h`', 'core/store/b.h': '' },
  ],
  [
    'a link',
    brokenLinks,
    { 'README.md': '[a](b.md)' },
    { 'README.md': '[a](core/) [b](core/b.md) [c](https://c.org/x.md)', 'core/b.md': '' },
  ],
  [
    'an anchor',
    brokenLinks,
    { 'README.md': '[a](#what-is-it)' },
    { 'README.md': '[a](#what-is-it)\n\n## What is `it`?\n' },
  ],
  ['a picture', brokenLinks, { 'README.md': '<img src="a.svg">' }, {}],
  [
    'a number',
    unexplainedNumbers,
    { 'core/a.cc': 'x = y * 7;' },
    { 'core/a.cc': 'x = y * 8 + (1 << 5); // * 7\nconstexpr int kSeven = 6 +\n  7;' },
  ],
  [
    'a bound',
    unexplainedNumbers,
    { 'native/a.cc': 'if (port > 65535) f();' },
    { 'native/a.cc': 'if (words < 3) f();', 'tests/a.cc': 'y * 7' },
  ],
  [
    'a long file',
    longFiles,
    { 'core/a.cc': '\n'.repeat(401) },
    { 'core/a.cc': '\n'.repeat(400), 'core/a.def': '\n'.repeat(401) },
  ],
  [
    'a long test',
    longTests,
    { 'tests/e2e/a.test.mjs': `  test('a', () => {\n${'x;\n'.repeat(59)}  });` },
    { 'tests/e2e/a.test.mjs': `test('a', () => {\n${'x;\n'.repeat(58)}});` },
  ],
  [
    'a wide line of C++',
    wideLines,
    { 'core/a.cc': `${'x'.repeat(101)}` },
    { 'core/a.cc': 'x'.repeat(100), 'core/b.cc': `"${'x'.repeat(101)}"` },
  ],
  [
    'a wide comment of JavaScript',
    wideLines,
    { 'tests/a.mjs': `// ${'x'.repeat(118)}` },
    { 'tests/a.mjs': 'x'.repeat(120) },
  ],
  [
    'a torn comment',
    orphanLines,
    { 'core/a.h': `// ${'long '.repeat(15)}\n// and short\n// goes on.` },
    { 'core/a.h': `// ${'long '.repeat(15)}\n// and short.\n// Another goes on.` },
  ],
  ['C++ in kebab-case', oddNames, { 'core/a-b.h': '' }, { 'core/a_b.h': '', 'wasm/src/a-b.ts': '' }],
  ['JavaScript in snake_case', oddNames, { 'tests/lib/a_b.mjs': '' }, { 'tests/lib/a_b.py': '' }],
];

describe('planted faults', () => {
  for (const [title, rule, planted, innocent] of PLANTED) {
    test(title, () => {
      const faults = rule(plantedTree(planted));
      assert.equal(faults.length, 1, `${faults}`);
      assert.deepEqual(rule(plantedTree(innocent)), []);
    });
  }

  test('versions', () => {
    const homes = { 'CMakeLists.txt': 'project(a VERSION 1.2.3)', 'wasm/package.json': '{"version": "1.2.3"}' };
    assert.deepEqual(strayVersions(plantedTree({ ...homes, 'README.md': 'memcached 11.2.3' })), []);
    assert.equal(strayVersions(plantedTree({ ...homes, 'wasm/package.json': '{"version": "1.2.4"}' })).length, 1);
    assert.equal(strayVersions(plantedTree({ ...homes, 'README.md': 'isocache 1.2.3' })).length, 1);
    const changes = (text) => strayVersions(plantedTree({ ...homes, 'CHANGELOG.md': text })).length;
    assert.deepEqual([changes('## 1.2.3\n\n## 1.2.2'), changes('## 1.2.4\n\n## 1.2.3')], [0, 1]);
    const lock = (top, own) => `{"version": "${top}", "packages": {"": {"version": "${own}"}}}`;
    const locks = (text) => strayVersions(plantedTree({ ...homes, 'wasm/package-lock.json': text })).length;
    assert.deepEqual(
      [locks(lock('1.2.3', '1.2.3')), locks(lock('1.2.4', '1.2.3')), locks(lock('1.2.3', '1'))],
      [0, 1, 1],
    );
    assert.equal(strayVersions(plantedTree({ ...homes, 'core/a.h': 'kIsocacheVersion = "1.2.4"' })).length, 1);
  });

  test('limits of functions', () => {
    assert.equal(missingLimits(plantedTree({ '.clang-tidy': 'Checks: -*', 'biome.jsonc': '{}' })).length, 2);
  });

  test('a needless exception', () => {
    assert.equal(needlessExceptions(plantedTree({ dev: 'short\n' })).length, 1);
  });
});
