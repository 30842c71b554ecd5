// The ready-made races, the headline first.

import { counter } from './counter.js';
import { deleting } from './delete.js';
import { fill } from './fill.js';
import { lock } from './lock.js';
import type { Scene } from './scene.js';
import { stampede } from './stampede.js';
import { update } from './update.js';

export type { Scene, Variant } from './scene.js';

export const SCENES: readonly [Scene, ...Scene[]] = [fill, stampede, update, counter, deleting, lock];
