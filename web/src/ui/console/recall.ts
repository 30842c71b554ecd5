// Earlier commands of the tape, as a shell has them: Up and Down.

import { tape } from '../../app/state.js';
import { textOfStep } from '../../app/step-text.js';

export class Recall {
  /** How many commands back; 0: what was being typed. */
  #back = 0;
  #typed = '';

  reset(): void {
    this.#back = 0;
  }

  /** undefined: there is nothing earlier. */
  earlier(typed: string): string | undefined {
    if (this.#back === 0) this.#typed = typed;
    const commands = this.#commands();
    if (this.#back >= commands.length) return undefined;
    this.#back += 1;
    return commands[commands.length - this.#back];
  }

  later(): string | undefined {
    if (this.#back === 0) return undefined;
    this.#back -= 1;
    const commands = this.#commands();
    return this.#back === 0 ? this.#typed : commands[commands.length - this.#back];
  }

  #commands(): string[] {
    const texts = tape.value.steps.filter((step) => step.kind === 'send').map(textOfStep);
    return texts.filter((text, index) => text !== texts[index - 1]);
  }
}
