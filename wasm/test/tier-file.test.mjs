// A file as a tier.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { fileDevice } from 'isocache/node';

import { fails } from './lib/clocked-store.mjs';
import { FILL, fill, openTiered, stat } from './lib/tiered.mjs';

const MIB = 2 ** 20;
const folder = mkdtempSync(path.join(tmpdir(), 'isocache-tier-'));
after(() => rmSync(folder, { recursive: true }));
const name = path.join(folder, 'tier');

test('holds what memory does not', async () => {
  const store = await openTiered({ tier: { device: fileDevice(name, { bytes: 32 * MIB }) } });
  store.set('k', 'v');
  fill(store);
  fill(store, 'again');
  assert.equal(store.get('k'), 'v');
  let lost = 0; // a page may find no buffer
  for (let i = 0; i < FILL; ++i) {
    const value = store.get(`fill:${i}`);
    if (value === undefined) ++lost;
    else assert.equal(value, 'f'.repeat(1200));
  }
  assert.ok(lost < FILL / 20, `${lost} of ${FILL} are lost`);
  assert.ok(stat(store, 'get_extstore') > FILL / 2);
  assert.equal(stat(store, 'badcrc_from_extstore'), 0);
  store.close();
});

test('leaves nothing behind, and two stores may use one name', { skip: process.platform === 'win32' }, async () => {
  const [one, other] = await Promise.all(
    [1, 2].map(() => openTiered({ tier: { device: fileDevice(name, { bytes: 32 * MIB }) } })),
  );
  assert.equal(existsSync(name), false);
  one.set('k', 'one');
  other.set('k', 'other');
  for (const store of [one, other]) fill(store);
  assert.equal(one.get('k'), 'one');
  assert.equal(other.get('k'), 'other');
  one.close();
  assert.equal(existsSync(name), false);
  other.close();
});

test('is closed if the store cannot be opened', async () => {
  const device = fileDevice(name, { bytes: 32 * MIB });
  await assert.rejects(openTiered({ tier: { device }, maxItemSize: 1 }), fails('BAD_ARGUMENT'));
  assert.throws(() => device.read(new Uint8Array(512), 0), { code: 'EBADF' });
});

test('takes nobody else’s file', () => {
  writeFileSync(name, 'precious');
  assert.throws(() => fileDevice(name, { bytes: 32 * MIB }), { code: 'EEXIST' });
  rmSync(name);
});

test('refuses what makes no sense', () => {
  for (const args of [
    [],
    [''],
    [5, { bytes: MIB }],
    [name],
    [name, 5],
    [name, {}],
    [name, { bytes: '1m' }],
    [name, { bytes: MIB - 1 }],
    [name, { bytes: Infinity }],
    [name, { size: MIB }],
  ])
    assert.throws(() => fileDevice(...args), fails('BAD_ARGUMENT'));
  assert.throws(() => fileDevice(path.join(folder, 'no', 'folder'), { bytes: MIB }), { code: 'ENOENT' });
  assert.equal(existsSync(name), false);
});

test('refuses a volume that is too small', () => {
  assert.throws(() => fileDevice(name, { bytes: 2 ** 40 }), { ...fails('NO_MEMORY'), message: /the volume has/ });
  assert.equal(existsSync(name), false);
});
