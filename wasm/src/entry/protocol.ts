// isocache/protocol: the words of the protocol as tables, with texts that say what they mean.

export * from '../protocol/lookups.js';
export type { ParsedRequest } from '../protocol/parsed-request.js';
export type { Reply } from '../protocol/reply.js';
export { ReplyReader } from '../protocol/reply-reader.js';
export { RequestReader } from '../protocol/request-reader.js';
export * from '../protocol/tables.js';
export * from '../protocol/texts.js';
