// What all steps of a tape may ask for together.

import { MAX_CLIENTS, MAX_FILL_ITEMS, MAX_STEPS, MAX_WAIT_SECONDS } from './limits.js';
import { number } from '../base/words.js';
import type { Step } from './types.js';

export class Totals {
  #steps = 0;
  #items = 0;
  #seconds = 0;
  readonly #clients = new Set<string>();

  /** Counts a step; the sentence that says which limit it is beyond, if it is. */
  add(step: Step): string | undefined {
    if (++this.#steps > MAX_STEPS)
      return `A tape has at most ${number(MAX_STEPS)} steps. Remove some, or use \`fill\`.`;
    if (step.kind === 'send') {
      this.#clients.add(step.client);
      if (this.#clients.size > MAX_CLIENTS) {
        return `A tape has at most ${MAX_CLIENTS} clients: ${[...this.#clients].slice(0, MAX_CLIENTS).join(', ')} are here already.`;
      }
    } else if (step.kind === 'fill') {
      this.#items += step.count;
      if (this.#items > MAX_FILL_ITEMS)
        return `All \`fill\` steps together store at most ${number(MAX_FILL_ITEMS)} items.`;
    } else if (step.kind === 'wait') {
      this.#seconds += step.seconds;
      if (this.#seconds > MAX_WAIT_SECONDS) {
        return `All waits together take at most ${number(MAX_WAIT_SECONDS / 86_400)} days, for example \`+30s\` or \`+31d\`.`;
      }
    }
    return undefined;
  }
}
