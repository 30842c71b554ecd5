// isocache/protocol: the words of the protocol as tables, with texts that say what they mean.

export * from '../protocol/tables.js';
export * from '../protocol/texts.js';
