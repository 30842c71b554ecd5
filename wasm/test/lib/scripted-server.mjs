// A server that follows a script.

import net from 'node:net';

import { createClient } from 'isocache/client';

export const closed = { name: 'IsocacheError', code: 'CLOSED' };
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server whose connections are handled by `talk(socket, count of connections before)`. */
export async function withScript(talk, use, options = {}) {
  const sockets = new Set();
  let count = 0;
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket, count++);
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const client = createClient({ port: server.address().port, ...options });
  try {
    await use(client);
  } finally {
    await client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** A transport that answers each piece sent by what `answer` gives: one or more chunks. */
export function scripted(answer) {
  const sent = [];
  const transport = (receiver) => ({
    send(bytes) {
      sent.push(Buffer.from(bytes).toString('latin1'));
      for (const chunk of answer(sent.at(-1))) receiver.receive(Buffer.from(chunk, 'latin1'));
    },
    close: () => receiver.closed(),
  });
  return { sent, transport };
}
