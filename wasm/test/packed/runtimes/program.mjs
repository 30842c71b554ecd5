// What every runtime does with the package.

/** `tiered` is the entry point that opens stores with a tier. */
export async function program({ open }, tiered) {
  const store = await open({ maxBytes: 4 << 20 });
  try {
    const text = (bytes) => new TextDecoder().decode(bytes);
    store.set('typed', 'höhö', { ttl: 60_000 });
    return [
      store.get('typed'),
      store.get('absent') ?? 'nothing',
      text(store.execute('set raw 7 0 5\r\nhello\r\nget raw\r\n')),
      text(store.connect().feed('mg raw f v\r\nmg absent v\r\n')),
      ...(await tieredProgram(tiered)),
    ];
  } finally {
    store.close();
  }
}

async function tieredProgram({ open }, tier = { bytes: 16 << 20 }) {
  const store = await open({ maxBytes: 4 << 20, tier });
  try {
    for (let i = 0; i < 8000; ++i) store.set(`key:${i}`, `${i}:`.padEnd(1000, 'v'));
    const found = store.get('key:0') ?? 'nothing';
    return [found.length, Number(store.stats().all.get_extstore)];
  } finally {
    store.close();
  }
}

export const expected = [
  'höhö',
  'nothing',
  'STORED\r\nVALUE raw 7 5\r\nhello\r\nEND\r\n',
  'VA 5 f7\r\nhello\r\nEN\r\n',
  1000,
  1,
];
