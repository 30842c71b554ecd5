// One order of a race as a tape of its own.

import { DEFAULT_MEMORY_BYTES } from '../tape/limits.js';
import type { Step, Tape } from '../tape/types.js';
import type { OpenStore } from './arena.js';
import { orderAt } from './orders.js';
import type { Scene, Variant } from './scenes/index.js';
import { stepsOf } from './steps.js';

/**
 * It ends with a note of its verdict. People change the steps and send them on, and note and title stay: so they say
 * what was when it was opened, which remains true.
 */
export async function tapeOfOrder(
  scene: Scene,
  variant: Variant,
  number: number,
  verdict: string,
  open?: OpenStore,
): Promise<Tape> {
  const steps = await stepsOf(variant, orderAt(variant, number), open);
  const end: Step = { kind: 'note', text: `In order ${number + 1}, as it was opened, the end is: ${verdict}` };
  const title = `${scene.title}, with ${variant.name}: begun as order ${number + 1}`;
  return { title, memoryBytes: variant.memoryBytes ?? DEFAULT_MEMORY_BYTES, steps: [...steps, end] };
}
