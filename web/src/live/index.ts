// Connections to a server, for the page: import() it.

export { type Address, type Login, ownServer, readAddress } from './address.js';
export {
  type Connected,
  connectLive,
  type LiveClient,
  type LiveOptions,
  type LiveReply,
  unfinishedIn,
} from './client.js';
export { CasNames, type ComparedLine, type Comparison, compareReplies } from './compare.js';
export { type Danger, dangersOf } from './danger.js';
export type { Environment } from './diagnose.js';
export type { FailureKind, LiveFailure, Mend } from './failures.js';
export type { SocketConstructor } from './socket.js';
