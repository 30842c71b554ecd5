// Races, for the page: import() it.

export type { OpenStore } from './arena.js';
export { type ExploreOptions, explore } from './explore.js';
export { countOrders, type Order, orderAt, tooLarge } from './orders.js';
export { tapeOfOrder } from './order-tape.js';
export { raceOfTape } from './own.js';
export * from './race.js';
export { SCENES, type Scene, type Variant } from './scenes/index.js';
export { stepsOf } from './steps.js';
