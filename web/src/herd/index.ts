// The herd, for the page: import() it.

export { HERD_LIMITS, type HerdOptions, type HerdResult, playHerd } from './herd.js';
export { type HerdRow, type Point, RETRY_MS } from './stampede.js';
