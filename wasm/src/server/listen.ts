// Listening at addresses.

import { lstatSync, unlinkSync } from 'node:fs';
import { connect, type AddressInfo, type ListenOptions, type Server } from 'node:net';

export async function listenAt(server: Server, address: ListenOptions): Promise<void> {
  if (address.path !== undefined) await removeStaleSocket(address.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      // If one connection cannot be accepted, for lack of file descriptors for instance, the server goes on.
      server.on('error', () => {});
      resolve();
    });
  });
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** A unix socket outlives a server that was killed. It is removed, unless a server answers there. */
async function removeStaleSocket(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const refused = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => resolve(false)).once('error', () => resolve(true));
    probe.once('connect', () => probe.destroy());
  });
  if (refused) unlinkSync(path);
}

/** Stops listening. Connections stay. */
export async function stop(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
