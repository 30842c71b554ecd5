// Every transcript through an inspector, on which nothing but its clock moves: as it is, and with each command sent to
// a fork, which takes its place.

import { describe } from 'node:test';

import { openInspector } from 'isocache/inspect';
import { RawClient } from '../../tests/lib/client.mjs';
import { ConnectionSocket } from './lib/connection-socket.mjs';
import { testTranscripts } from './lib/transcripts.mjs';

const MAX_BYTES = 64 << 20; // as the servers have that the transcripts are played to
const PATIENCE_MS = 10_000;

/** A server whose inspector is `before(inspector)` from each write on. */
async function newServer(before) {
  let inspector = await openInspector({ maxBytes: MAX_BYTES });
  const connect = () => {
    const { id } = inspector.connect();
    const session = () => inspector.session(id);
    let closed = false;
    return {
      feed(bytes) {
        inspector = before(inspector);
        return session().feed(bytes);
      },
      get closed() {
        return closed || session().closing;
      },
      close() {
        if (!closed) session().close();
        closed = true;
      },
    };
  };
  return {
    connect: () => new RawClient(new ConnectionSocket(connect()), PATIENCE_MS),
    advance: (seconds) => {
      inspector.now += seconds * 1000;
    },
  };
}

function forkOf(inspector) {
  const fork = inspector.fork();
  inspector.release();
  return fork;
}

function restored(inspector) {
  const saved = inspector.save();
  const fork = inspector.fork();
  inspector.session(inspector.connect().id).feed(Buffer.from('flush_all\r\n'));
  inspector.release();
  fork.restore(saved);
  return fork;
}

describe('as it is', () => testTranscripts(() => newServer((inspector) => inspector)));
describe('forked before each write', () => testTranscripts(() => newServer(forkOf)));
describe('saved and put back before each write', () => testTranscripts(() => newServer(restored)));
