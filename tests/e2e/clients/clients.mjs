// The clients that people have: how each is started, and which steps (steps.mjs) it has no verbs for.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { runProgram } from '../../lib/server.mjs';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PYTHON = '/usr/bin/python3';
const JARS = '/usr/share/java/spymemcached.jar:/usr/share/java/gson.jar';
const GOMEMCACHE = 'github.com/bradfitz/gomemcache/memcache';
const BUILD_LIMIT_MS = 100_000;

const NO_VERSION = 'version';
const NO_TOUCH = 'touch';
const NO_GAT = 'get and touch';
const NO_FIRST = 'incr from a first value';
const NO_OBJECTS = 'objects';
const NO_PACKING = 'compression';
const NO_CAS = 'cas';
const NO_APPEND = 'append';
const NO_PREPEND = 'prepend';
const NO_SET_MANY = 'set of many';
const NO_GET_MANY = 'get of many';
const NO_DELETE_MANY = 'delete of many';
const NO_COUNTERS = 'incr and decr';
const NO_STATS = 'stats';
const NO_REPLACE = 'add and replace';

/**
 * `packages`: of Debian; `npm`: of clients/package.json. `login`: it takes a user and a password as well. `lacks`: by
 * protocol if they differ.
 */
export const CLIENTS = [
  {
    file: 'pymemcache_client.py',
    packages: ['python3-pymemcache'],
    protocols: ['text'],
    lacks: [NO_PACKING, NO_FIRST, NO_GAT],
  },
  {
    file: 'python_memcached.py',
    packages: ['python3-memcache'],
    protocols: ['text'],
    lacks: [NO_FIRST, NO_GAT, NO_VERSION],
  },
  {
    file: 'pylibmc_client.py',
    packages: ['python3-pylibmc'],
    protocols: ['text', 'binary'],
    login: true,
    lacks: [NO_FIRST, NO_GAT, NO_VERSION],
  },
  {
    file: 'bmemcached_client.py',
    packages: ['python3-binary-memcached'],
    protocols: ['binary'],
    login: true,
    lacks: [NO_COUNTERS, NO_APPEND, NO_PREPEND, NO_TOUCH, NO_GAT],
  },
  {
    file: 'django_cache.py',
    packages: ['python3-django', 'python3-pymemcache', 'python3-pylibmc'],
    protocols: ['pymemcache', 'pylibmc'],
    lacks: [NO_PACKING, NO_REPLACE, NO_APPEND, NO_PREPEND, NO_CAS, NO_FIRST, NO_GAT, NO_VERSION, NO_STATS],
  },
  {
    file: 'php_memcached.php',
    packages: ['php-memcached'],
    protocols: ['text', 'binary'],
    login: true,
    lacks: { text: [NO_FIRST, NO_GAT], binary: [NO_GAT] },
  },
  {
    file: 'php_memcache.php',
    packages: ['php-memcache'],
    protocols: ['text'],
    lacks: [NO_SET_MANY, NO_DELETE_MANY, NO_FIRST, NO_TOUCH, NO_GAT],
  },
  {
    file: 'dalli.rb',
    packages: ['ruby-dalli'],
    protocols: ['binary'],
    login: true,
    lacks: [NO_DELETE_MANY],
  },
  {
    file: 'rails_cache.rb',
    packages: ['ruby-activesupport', 'ruby-dalli'],
    protocols: ['binary'],
    lacks: [NO_REPLACE, NO_APPEND, NO_PREPEND, NO_CAS, NO_FIRST, NO_TOUCH, NO_GAT, NO_VERSION],
  },
  {
    file: 'memcached_fast.pl',
    packages: ['libcache-memcached-fast-perl', 'libjson-xs-perl'],
    protocols: ['text'],
    lacks: [NO_FIRST, NO_STATS],
  },
  {
    file: 'memcached_perl.pl',
    packages: ['libcache-memcached-perl', 'libjson-xs-perl'],
    protocols: ['text'],
    lacks: [NO_SET_MANY, NO_DELETE_MANY, NO_CAS, NO_FIRST, NO_TOUCH, NO_GAT, NO_VERSION],
  },
  {
    file: 'libmemcached_perl.pl',
    packages: ['libcache-memcached-libmemcached-perl', 'libjson-xs-perl'],
    protocols: ['text', 'binary'],
    lacks: [NO_SET_MANY, NO_DELETE_MANY, NO_CAS, NO_FIRST, NO_TOUCH, NO_GAT, NO_VERSION],
  },
  {
    file: 'libmemcached-tools.mjs',
    packages: ['libmemcached-tools'],
    protocols: ['text', 'binary'],
    lacks: [
      NO_OBJECTS,
      NO_PACKING,
      NO_GET_MANY,
      NO_DELETE_MANY,
      NO_APPEND,
      NO_PREPEND,
      NO_CAS,
      NO_COUNTERS,
      NO_FIRST,
      NO_GAT,
      NO_VERSION,
    ],
  },
  {
    file: 'Spymemcached.java',
    packages: ['libspymemcached-java', 'libgoogle-gson-java'],
    program: '/usr/bin/javac',
    protocols: ['text', 'binary'],
    login: true,
    lacks: {
      text: [NO_OBJECTS, NO_SET_MANY, NO_DELETE_MANY, NO_GAT],
      binary: [NO_OBJECTS, NO_SET_MANY, NO_DELETE_MANY],
    },
  },
  {
    file: 'gomemcache.go',
    packages: ['golang-github-bradfitz-gomemcache-dev', 'gccgo'],
    protocols: ['text'],
    lacks: [
      NO_OBJECTS,
      NO_PACKING,
      NO_SET_MANY,
      NO_DELETE_MANY,
      NO_APPEND,
      NO_PREPEND,
      NO_FIRST,
      NO_GAT,
      NO_VERSION,
      NO_STATS,
    ],
  },
  {
    file: 'npm-memjs.mjs',
    npm: 'memjs',
    protocols: ['binary'],
    login: true,
    lacks: [
      NO_OBJECTS,
      NO_PACKING,
      NO_SET_MANY,
      NO_GET_MANY,
      NO_DELETE_MANY,
      NO_CAS,
      NO_COUNTERS,
      NO_PREPEND,
      NO_GAT,
      NO_VERSION,
    ],
  },
  {
    file: 'npm-memcached.mjs',
    npm: 'memcached',
    protocols: ['text'],
    lacks: [NO_PACKING, NO_SET_MANY, NO_DELETE_MANY, NO_FIRST, NO_GAT],
  },
  {
    file: 'npm-memcache-client.mjs',
    npm: 'memcache-client',
    protocols: ['text'],
    lacks: [NO_SET_MANY, NO_DELETE_MANY, NO_FIRST, NO_GAT],
  },
];

const RUN = {
  '.py': (file) => [PYTHON, '-B', file], // no cache of what it compiled beside the sources
  '.php': (file) => ['php', file],
  '.rb': (file) => ['ruby', file],
  '.pl': (file) => ['perl', file],
  '.mjs': (file) => [process.execPath, file],
  // It starts faster without the compiler for code that runs for long.
  '.java': (file, built) => [
    'java',
    ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', `${JARS}:${built}`],
    path.basename(file, '.java'),
  ],
  '.go': (_, built) => [path.join(built, 'client')],
};

/** The commands that compile a client into a folder. */
const BUILD = {
  '.java': (file, folder) => [['javac', '-cp', JARS, '-d', folder, file]],
  '.go': (file, folder) => {
    const object = path.join(folder, `${GOMEMCACHE}.o`);
    mkdirSync(path.dirname(object), { recursive: true });
    const sources = ['memcache.go', 'selector.go'].map((name) => path.join('/usr/share/gocode/src', GOMEMCACHE, name));
    return [
      ['gccgo', '-c', `-fgo-pkgpath=${GOMEMCACHE}`, '-o', object, ...sources],
      ['gccgo', '-I', folder, '-o', path.join(folder, 'client'), file, object],
    ];
  },
};

async function build(file) {
  const commands = BUILD[path.extname(file)];
  if (!commands) return null;
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-client-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  for (const [program, ...args] of commands(path.join(FOLDER, file), folder)) {
    const { code, stderr } = await runProgram(program, args, { limitMs: BUILD_LIMIT_MS });
    if (code !== 0) throw new Error(stderr);
  }
  return folder;
}

const built = new Map();

/** Program and arguments that start the client: it then speaks in lines. */
export async function commandOf({ file }, port, protocol, login = []) {
  if (!built.has(file)) built.set(file, build(file));
  const start = RUN[path.extname(file)](path.join(FOLDER, file), await built.get(file));
  return [...start, '127.0.0.1', String(port), protocol, ...login];
}

/** Debian's packages that are here, and their versions. */
function installedPackages() {
  const names = [...new Set(CLIENTS.flatMap(({ packages = [] }) => packages))];
  const query = ['-W', '-f', `\${db:Status-Status} \${Package} \${Version}\\n`, ...names];
  let listed = '';
  try {
    listed = execFileSync('dpkg-query', query, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    listed = error.stdout ?? ''; // it fails if one of them is missing
  }
  const words = listed.split('\n').map((line) => line.split(' '));
  return new Map(words.flatMap(([status, name, version]) => (status === 'installed' ? [[name, version]] : [])));
}

const installed = installedPackages();

/** The version of a client's package in Debian, for a client that does not know its own. */
export const packagedVersion = ({ packages }) => installed.get(packages[0]);

/** Why a client cannot be run here, or false. */
export function needClient({ packages = [], npm, program }) {
  const missing = packages.filter((name) => !installed.has(name));
  if (missing.length > 0) return `no ${missing.join(', ')} here`;
  if (program && !existsSync(program)) return `no ${program} here`;
  if (npm && !existsSync(path.join(FOLDER, 'node_modules', npm)))
    return 'npm --prefix tests/e2e/clients ci was not run';
  return false;
}
