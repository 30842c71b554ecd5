// What requests and replies mean, part by part.

export { bytesView } from './bytes.js';
export { explainReply } from './reply.js';
export { explainRequest } from './request.js';
export { loadTexts } from './texts.js';
export type { ByteCell, Token, TokenKind } from './types.js';
