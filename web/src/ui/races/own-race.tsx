// A race of one's own: what the tape's clients do, in all other orders.

import './own-race.css';
import { type Signal, useSignal } from '@preact/signals';
import { position, tape } from '../../app/state.js';
import { openStore } from '../../app/wasm.js';
import { raceOfTape, type Scene } from '../../races/index.js';
import { reasonOf } from './explorations.js';
import { type OpenOrder, VariantCard } from './variant-card.js';

/** Behind the last step that is no command; behind the place where the tape stands, if that is not its end. */
function beginning(): number {
  const { steps } = tape.peek();
  const last = steps.map(({ kind }) => kind !== 'send' && kind !== 'note').lastIndexOf(true) + 1;
  return position.peek() < steps.length ? position.peek() : last;
}

async function ownScene(): Promise<Scene | string> {
  const from = beginning();
  const found = await raceOfTape(tape.peek(), from, openStore);
  if (found.error !== undefined) return found.error;
  const name = from === 0 ? 'all of its steps' : `the steps behind step ${from}`;
  const say =
    'A bad order is one after which the items are not what they are after the tape as it stands. Their cas numbers do not count.';
  const title = 'A race of one’s own';
  return { id: 'own', title, say: '', badName: 'another end', variants: [{ ...found.race, name, say }] };
}

interface Props {
  readonly scene: Signal<Scene | undefined>;
  readonly onOpen: OpenOrder;
}

export function OwnRace({ scene, onOpen }: Props) {
  const fault = useSignal('');
  const mix = async () => {
    const found = await ownScene().catch((error: unknown) => `The race could not be tried: ${reasonOf(error)}`);
    fault.value = typeof found === 'string' ? found : '';
    scene.value = typeof found === 'string' ? undefined : found;
  };
  return (
    <section class="races-lanes own-race" aria-labelledby="own-title">
      <h2 id="own-title">The tape’s own steps in all orders</h2>
      <p class="races-say">
        Go back on the tape to where the race begins: the commands behind that place are mixed, those of each client in
        their order.
      </p>
      <button type="button" class="button" onClick={mix}>
        Try all orders
      </button>
      <p class="form-error" role="alert">
        {fault.value}
      </p>
      {scene.value?.variants.map((variant) => (
        <VariantCard key={variant.name} scene={scene.value!} variant={variant} onOpen={onOpen} />
      ))}
    </section>
  );
}
