// As much of vitest's `expect` as Keyv's test suite calls, on node:assert.

import assert from 'node:assert/strict';

export function makeExpect() {
  let asserted = 0;
  let due;
  const expect = (actual) => {
    ++asserted;
    return {
      toBe: (expected) => assert.equal(actual, expected),
      toEqual: (expected) => assert.deepEqual(actual, expected),
      toBeTruthy: () => assert.ok(actual),
      toBeFalsy: () => assert.ok(!actual, `falsy: ${actual}`),
      toBeNull: () => assert.equal(actual, null),
      toBeUndefined: () => assert.equal(actual, undefined),
      toBeDefined: () => assert.notEqual(actual, undefined),
    };
  };
  expect.assertions = (count) => {
    due = count;
  };
  const verify = () => {
    if (due !== undefined) assert.equal(asserted, due, 'assertions made');
  };
  return { expect, verify };
}
