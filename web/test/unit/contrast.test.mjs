// The colours of styles/tokens.css: text has a contrast of 4.5 to what it stands on, edges and marks of 3 (WCAG AA).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

const TEXT = 4.5;
const SHAPE = 3;

const css = readFileSync(new URL('../../src/styles/tokens.css', import.meta.url), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)].map(([, name, light, dark]) => [
    name,
    { light, dark },
  ]),
);

const channels = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** As color-mix(in srgb, ...) does it. */
function mixed(hex, percent, ground) {
  const [over, under] = [channels(hex), channels(ground)];
  const mix = over.map((value, at) => Math.round((value * percent + under[at] * (100 - percent)) / 100));
  return `#${mix.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function luminance(hex) {
  const [r, g, b] = channels(hex).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const CLIENTS = ['alice', 'bob', 'carol', 'dave', 'other'];
const GROUNDS = ['bg', 'surface'];

/** [what, on what, at least] */
const PAIRS = [
  ...['ink', 'muted', 'error', 'warn', 'focus', ...CLIENTS].flatMap((name) => GROUNDS.map((on) => [name, on, TEXT])),
  ...['ink', 'muted', ...CLIENTS].map((name) => [name, 'sunken', TEXT]),
  ...['ink', 'muted', 'warn'].map((name) => [name, 'lit', TEXT]),
  ...['ink', 'error', ...CLIENTS].map((name) => ['inverse', name, TEXT]),
  ...['edge', 'small', 'main'].flatMap((name) => GROUNDS.map((on) => [name, on, SHAPE])),
];

for (const theme of ['light', 'dark']) {
  describe(theme, () => {
    const hex = (name) => tokens.get(name)[theme];

    for (const [name, on, least] of PAIRS) {
      test(`${name} on ${on}`, () =>
        assert.ok(contrast(hex(name), hex(on)) >= least, `${contrast(hex(name), hex(on))}`));
    }

    for (const client of CLIENTS) {
      test(`${client} on a tick that was played`, () => {
        const ratio = contrast(hex(client), mixed(hex(client), 12, hex('surface')));
        assert.ok(ratio >= TEXT, `${ratio}`);
      });
    }
  });
}

test('the contrast of black on white is 21, and of a colour on itself 1', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#515a69', '#515a69'), 1);
});
