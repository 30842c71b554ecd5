// How long a well-behaved client waits for an answer, measured from a thread of its own, so that the
// test's other work is not measured along.

import { Worker } from 'node:worker_threads';

const PROGRAM = `
const { workerData: { port, count }, parentPort } = require('node:worker_threads');
const socket = require('node:net').connect({ host: '127.0.0.1', port, noDelay: true });
const times = [];
let began;
const ask = () => { began = performance.now(); socket.write('mn\\r\\n'); };
socket.on('connect', ask);
socket.on('error', (error) => { throw error; });
socket.on('data', () => {
  times.push(performance.now() - began);
  if (times.length < count) return setTimeout(ask, times.length % 8 ? 0 : 1);
  socket.destroy();
  parentPort.postMessage(times.sort((a, b) => a - b));
});
`;

/** {median, longest} of `count` requests one after the other, milliseconds. */
export function latency(server, count = 300) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(PROGRAM, { eval: true, workerData: { port: server.port, count } });
    worker.once('message', (times) => resolve({ median: times[times.length >> 1], longest: times.at(-1) }));
    worker.once('error', reject);
  });
}
