// Every transcript through Store.connect().

import { RawClient } from '../../tests/lib/client.mjs';
import { open } from '../dist/esm/entry/index.js';
import { ConnectionSocket } from './lib/connection-socket.mjs';
import { testTranscripts } from './lib/transcripts.mjs';

const START_MS = 1_800_000_000_000;
const PATIENCE_MS = 10_000;

testTranscripts(async () => {
  let now = START_MS;
  const store = await open({ now: () => now, hashSeed: 1n });
  return {
    connect: () => new RawClient(new ConnectionSocket(store.connect()), PATIENCE_MS),
    advance: (seconds) => {
      now += seconds * 1000;
    },
  };
});
