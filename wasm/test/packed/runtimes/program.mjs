// What every runtime does with the package.

export async function program({ open }) {
  const store = await open({ maxBytes: 4 << 20 });
  try {
    const text = (bytes) => new TextDecoder().decode(bytes);
    store.set('typed', 'höhö', { ttl: 60_000 });
    return [
      store.get('typed'),
      store.get('absent') ?? 'nothing',
      text(store.execute('set raw 7 0 5\r\nhello\r\nget raw\r\n')),
      text(store.connect().feed('mg raw f v\r\nmg absent v\r\n')),
    ];
  } finally {
    store.close();
  }
}

export const expected = [
  'höhö',
  'nothing',
  'STORED\r\nVALUE raw 7 5\r\nhello\r\nEND\r\n',
  'VA 5 f7\r\nhello\r\nEN\r\n',
];
