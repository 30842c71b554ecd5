// The rules of CycloneDX 1.5 for what our bill of materials uses: which names there are, and what they hold.

import assert from 'node:assert/strict';

const text = (value, where) => assert.ok(typeof value === 'string' && value !== '', `${where}: ${value}`);
const matches = (pattern) => (value, where) => assert.match(value, pattern, where);
const oneOf =
  (...allowed) =>
  (value, where) =>
    assert.ok(allowed.includes(value), `${where}: ${value}`);
const listOf = (rule) => (value, where) => {
  assert.ok(Array.isArray(value), where);
  for (const [i, one] of value.entries()) rule(one, `${where}[${i}]`);
};
/** An object with these names, and no other; those that end with ? may be missing. */
const object = (rules) => (value, where) => {
  const names = Object.keys(rules).map((name) => name.replace('?', ''));
  for (const name of Object.keys(value)) assert.ok(names.includes(name), `${where}.${name} is not known`);
  for (const [name, rule] of Object.entries(rules)) {
    const plain = name.replace('?', '');
    if (plain in value) rule(value[plain], `${where}.${plain}`);
    else assert.ok(name.endsWith('?'), `${where}.${name} is missing`);
  }
};

const HASH_DIGITS = { 'SHA-256': 64, 'SHA-512': 128 };
const hash = (value, where) => {
  object({ alg: oneOf(...Object.keys(HASH_DIGITS)), content: matches(/^[0-9a-f]+$/) })(value, where);
  assert.equal(value.content.length, HASH_DIGITS[value.alg], where);
};

const component = object({
  type: oneOf('application', 'library'),
  'bom-ref': text,
  name: text,
  version: text,
  'purl?': matches(/^pkg:(deb|npm|generic)\/(?:[\w.%+-]+\/)?[\w.%+-]+@[\w.%+~-]+(\?arch=\w+)?$/),
  'hashes?': listOf(hash),
  'licenses?': listOf(object({ license: object({ id: matches(/^[\w.+-]+$/) }) })),
  'properties?': listOf(object({ name: text, value: text })),
});

const bill = object({
  bomFormat: oneOf('CycloneDX'),
  specVersion: oneOf('1.5'),
  serialNumber: matches(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
  version: oneOf(1),
  metadata: object({ timestamp: matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), component }),
  components: listOf(component),
  dependencies: listOf(object({ ref: text, dependsOn: listOf(text) })),
});

/** Fails if the bill breaks a rule, or names what it does not have. */
export function checkBill(value) {
  bill(value, 'bill');
  const refs = [value.metadata.component, ...value.components].map((one) => one['bom-ref']);
  assert.equal(new Set(refs).size, refs.length, 'each component has a name of its own');
  const used = new Set();
  for (const { ref, dependsOn } of value.dependencies) {
    assert.equal(new Set(dependsOn).size, dependsOn.length, ref);
    for (const name of [ref, ...dependsOn]) assert.ok(refs.includes(name), `${name} is no component`);
    for (const name of dependsOn) used.add(name);
  }
  for (const ref of refs.slice(1)) assert.ok(used.has(ref), `nothing needs ${ref}`);
}
