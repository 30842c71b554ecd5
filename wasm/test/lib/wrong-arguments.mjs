// What a program may be given where it expects something else: by JavaScript, by parsers of JSON and query strings, by
// other libraries' habits. Made from the types of the methods: each argument in turn is wrong, the others are right.

const INJECTED = 'x\r\nflush_all\r\nmg a v';

/** Neither text nor bytes. */
const things = () => [
  undefined,
  null,
  5,
  NaN,
  true,
  5n,
  Symbol('key'),
  {},
  [],
  ['a'],
  [INJECTED],
  [107, 363],
  { length: 3 },
  { length: `1\r\n${INJECTED}` },
  { length: 1, 0: 107 },
  () => 'k',
  new Uint16Array([363]),
  new Uint16Array(0),
  new Int8Array(3),
  new Uint8ClampedArray(3),
  new Float64Array(1),
  new DataView(new ArrayBuffer(3)),
  new ArrayBuffer(3),
  new SharedArrayBuffer(3),
  Object.create(Uint8Array.prototype),
  new String('k'),
  new Date(0),
  new Map(),
  new Set('k'),
  { toString: () => INJECTED },
  { [Symbol.toStringTag]: 'Uint8Array', length: 3 },
  Object.create(null),
];
const keys = () => [
  ...things(),
  '',
  'k'.repeat(251),
  'é'.repeat(126),
  '\ud800',
  'a\udc00b',
  `${'é'.repeat(40)}\ud83d`,
  new Uint8Array(0),
  new Uint8Array(251),
];
const numbers = () => [
  '60',
  '',
  INJECTED,
  null,
  NaN,
  -1,
  -0.5,
  {},
  [],
  [60],
  [INJECTED],
  true,
  new Date(0),
  Symbol('ttl'),
  () => 60,
  { valueOf: () => 60 },
  new Number(60),
];
const durations = () => [...numbers(), 0, -Infinity, 60n];
const flags = () => [...numbers(), 2 ** 32, 1.5, Infinity, 5n];
const integers = () => [...numbers(), -1n, 2n ** 64n, 1.5, Infinity, 2 ** 60];
const options = () => [null, 0, 5, '60', '', true, false, [], [60], 60n, Symbol('options'), () => ({})];
const signals = () => [
  null,
  5,
  'x',
  true,
  {},
  [],
  { aborted: false },
  new EventTarget(),
  () => {},
  // Some of what is called is there.
  { throwIfAborted() {} },
  { aborted: false, throwIfAborted() {}, addEventListener() {} },
  { throwIfAborted() {}, addEventListener() {}, removeEventListener() {} },
];
const lists = () => [
  undefined,
  null,
  5,
  'abc',
  '',
  {},
  { length: 2 },
  new Uint8Array(2),
  new Uint16Array(2),
  new ArrayBuffer(2),
  true,
  () => [],
  Symbol('keys'),
];
const pairs = () => [...lists(), ['ab'], [5], [{ 0: 'a', 1: 'b' }], [null], [new Uint8Array(2)]];
const functions = () => [undefined, null, 5, 'x', {}, [], true];
const booleans = () => [null, 0, 1, 'true', {}, []];

const KEY = { name: 'key', code: 'BAD_KEY', right: 'k', wrong: keys };
const VALUE = { name: 'value', right: 'v', wrong: things };
const LOAD = { name: 'load', right: () => 'v', wrong: functions };
const TTL = { name: 'ttl', right: 1000, wrong: () => [...durations(), undefined] };
const option = (name, wrong) => ({ name, wrong });
const ttl = option('ttl', durations);
const set = [ttl, option('flags', flags)];
const counter = [ttl, option('initial', integers)];
const loading = [
  ttl,
  option('lease', durations),
  option('refreshBelow', numbers),
  option('staleIfError', numbers),
  option('flags', flags),
  option('signal', signals),
  option('waitUntil', () => functions().slice(1)),
  option('onError', () => functions().slice(1)),
  option('hashLongKeys', booleans),
];
const ITEM = [
  option('touch', durations),
  option('lease', durations),
  option('refreshBelow', durations),
  option('peek', booleans),
  option('win', booleans),
];
const DELTA = { name: 'delta', right: 1n, wrong: integers };

/** [method, its arguments, its options]: what Store and Client have in common. */
const METHODS = [
  ['get', [KEY], []],
  ['getBytes', [KEY], []],
  ['has', [KEY], []],
  ['delete', [KEY], []],
  ['getItem', [KEY], ITEM],
  ['set', [KEY, VALUE], set],
  ['add', [KEY, VALUE], set],
  ['replace', [KEY, VALUE], set],
  ['append', [KEY, VALUE], []],
  ['prepend', [KEY, VALUE], []],
  ['cas', [KEY, VALUE, { name: 'cas', right: 1n, wrong: () => [...integers(), undefined] }], set],
  ['incr', [KEY, DELTA], counter],
  ['decr', [KEY, DELTA], counter],
  ['touch', [KEY, TTL], []],
  ['markStale', [KEY], [ttl]],
  ['getOrSet', [KEY, LOAD], loading],
  ['getOrSetBytes', [KEY, LOAD], loading],
  ['getMany', [{ name: 'keys', right: ['k'], wrong: lists }], []],
  ['deleteMany', [{ name: 'keys', right: ['k'], wrong: lists }], []],
  ['setMany', [{ name: 'entries', right: [['k', 'v']], wrong: pairs }], set],
  ...['getMany', 'deleteMany'].map((method) => [
    method,
    [{ name: 'key', code: 'BAD_KEY', right: ['k'], wrong: () => keys().map((key) => ['k', key, 'l']) }],
    [],
  ]),
  [
    'setMany',
    [
      {
        name: 'key',
        code: 'BAD_KEY',
        right: [],
        wrong: () =>
          keys().map((key) => [
            ['k', 'v'],
            [key, 'v'],
          ]),
      },
    ],
    [],
  ],
  [
    'setMany',
    [
      {
        name: 'value',
        right: [],
        wrong: () =>
          things().map((value) => [
            ['k', 'v'],
            ['l', value],
          ]),
      },
    ],
    [],
  ],
  ['execute', [{ name: 'request', right: 'mn\r\n', wrong: things }], []],
];
const STORE_ONLY = [
  ['view', [KEY], []],
  ['restore', [{ name: 'bytes', right: new Uint8Array(0), wrong: things }], []],
];
const CLIENT_ONLY = [
  ['stats', [], []],
  ['clear', [], []],
  ['size', [], []],
  ['bytes', [], []],
];
// Over a client all take options, in process only those that have some.
const TAKES_OPTIONS = new Set([
  'getItem',
  'set',
  'add',
  'replace',
  'cas',
  'incr',
  'decr',
  'markStale',
  'getOrSet',
  'getOrSetBytes',
  'setMany',
]);
// One key is refused by the cache itself, which getOrSet does without.
const isLength = (key) => (typeof key === 'string' && key !== '') || key instanceof Uint8Array;

/** [method, arguments, the name of the wrong one, the error's code] of each wrong call. `kind`: 'store' or 'client'. */
export function wrongCalls(kind) {
  const calls = [];
  for (const [method, args, itsOptions] of [...METHODS, ...(kind === 'store' ? STORE_ONLY : CLIENT_ONLY)]) {
    const right = args.map((arg) => arg.right);
    args.forEach(({ name, code = 'BAD_ARGUMENT', wrong }, at) => {
      for (const value of wrong()) {
        if (method.startsWith('getOrSet') && name === 'key' && (isLength(value) || value === '')) continue;
        calls.push([method, right.with?.(at, value) ?? Object.assign([...right], { [at]: value }), name, code]);
      }
    });
    if (kind === 'client' || TAKES_OPTIONS.has(method)) {
      for (const value of options()) calls.push([method, [...right, value], 'options', 'BAD_ARGUMENT']);
    }
    const all =
      kind === 'client' && !method.startsWith('getOrSet') ? [...itsOptions, option('signal', signals)] : itsOptions;
    for (const { name, wrong } of all) {
      for (const value of wrong()) {
        const needed = name === 'ttl' && (method === 'incr' || method === 'decr') ? { initial: 1n } : {};
        calls.push([method, [...right, { ...needed, [name]: value }], name, 'BAD_ARGUMENT']);
      }
    }
  }
  return calls;
}

export const wrongKeys = keys;
export const wrongValues = things;
export const wrongDurations = durations;
export const wrongOptions = options;
export const wrongFunctions = functions;

export function told(method, args) {
  const tell = (arg) =>
    typeof arg === 'string'
      ? JSON.stringify(arg.slice(0, 30))
      : typeof arg === 'bigint'
        ? `${arg}n`
        : Array.isArray(arg)
          ? `[${arg.map(tell)}]`
          : typeof arg === 'object' && arg !== null && Object.getPrototypeOf(arg) === Object.prototype
            ? `{${Object.keys(arg).map((key) => `${key}: ${tell(arg[key])}`)}}`
            : typeof arg === 'object' && arg !== null
              ? Object.prototype.toString.call(arg)
              : String(arg);
  return `${method}(${args.map(tell).join(', ')})`;
}
