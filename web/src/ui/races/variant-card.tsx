// One way to run a race: in how many of all orders it ends badly, all orders as dots, and each outcome to open.

import { useRef } from 'preact/hooks';
import type { Outcome, RaceResult, Scene, Variant } from '../../races/index.js';
import { nameOf, number } from '../../base/words.js';
import { clientClass } from '../../app/clients.js';
import { Backticks } from '../parts/backticks.js';
import { Dots } from './dots.js';
import { type Exploration, explorationOf, tryAgain } from './explorations.js';

export type OpenOrder = (variant: Variant, order: number, result: RaceResult) => void;

interface CardProps {
  readonly scene: Scene;
  readonly variant: Variant;
  readonly onOpen: OpenOrder;
}

function Score({ state, badName }: { readonly state: Exploration; readonly badName: string }) {
  const { result, done, total } = state;
  if (!result) {
    return (
      <p key={`trying ${done}`} class="score">
        <span class="score-number">{number(done)}</span>{' '}
        <span>
          of <span class="number">{number(total)}</span> orders tried
        </span>
      </p>
    );
  }
  return (
    <p key={`${result.bad} ${total}`} class={result.bad ? 'score score-bad' : 'score'}>
      <span class="score-number">{number(result.bad)}</span>{' '}
      <span>
        of <span class="number">{number(total)}</span> orders: <span class="score-name">{badName}</span>
      </span>
    </p>
  );
}

function OutcomeRow({ outcome, onOpen }: { readonly outcome: Outcome; readonly onOpen: () => void }) {
  return (
    <li>
      <button type="button" class={outcome.bad ? 'outcome outcome-bad' : 'outcome'} onClick={onOpen}>
        <span class="outcome-count number">{number(outcome.count)}×</span>
        <span class="outcome-text">{outcome.text}</span>
        <span class="outcome-open">Open</span>
      </button>
    </li>
  );
}

/** Who does what, in the order in which each client does it. */
function Acts({ variant }: { readonly variant: Variant }) {
  return (
    <details class="acts">
      <summary>Who does what</summary>
      <div class="acts-lanes">
        {variant.lanes.map(({ client, acts }) => (
          <div key={client} class={clientClass(client)}>
            <h4 class="acts-client">{nameOf(client)}</h4>
            <ol>
              {acts.map((act, at) => (
                <li key={`${client} ${at}`}>
                  {act.say}
                  {act.when && <span class="muted"> if {act.when}</span>}
                  {act.kind === 'send' && <code>{act.line}</code>}
                </li>
              ))}
            </ol>
          </div>
        ))}
      </div>
    </details>
  );
}

/** In the place of the outcomes, so that nothing moves. */
function Failed({ error, again }: { readonly error: string; readonly again: () => void }) {
  return (
    <div class="outcomes">
      <p class="form-error" role="alert">
        The race could not be tried: {error}
      </p>
      <button type="button" class="button small outcomes-again" onClick={again}>
        Try again
      </button>
    </div>
  );
}

export function VariantCard({ scene, variant, onOpen }: CardProps) {
  const state = explorationOf(variant).value;
  const { result, error } = state;
  const card = useRef<HTMLElement>(null);
  // The button goes; whoever pressed it stays in the card.
  const again = () => {
    card.current?.focus({ preventScroll: true });
    tryAgain(variant);
  };
  const open = (order: number) => result && onOpen(variant, order, result);
  return (
    <section
      ref={card}
      class="variant"
      tabIndex={-1}
      aria-label={`With ${variant.name}`}
      aria-busy={!result && error === undefined}
    >
      <h3>With {variant.name}</h3>
      <Score state={state} badName={scene.badName} />
      <Dots verdicts={result?.verdicts} done={state.done} total={state.total} badName={scene.badName} onOpen={open} />
      <div class="variant-say">
        <p>
          <Backticks text={variant.say} />
        </p>
      </div>
      {error === undefined ? (
        <ul class="outcomes">
          {result?.outcomes.map((outcome) => (
            <OutcomeRow key={outcome.text} outcome={outcome} onOpen={() => open(outcome.first)} />
          ))}
        </ul>
      ) : (
        <Failed error={error} again={again} />
      )}
      <Acts variant={variant} />
    </section>
  );
}
