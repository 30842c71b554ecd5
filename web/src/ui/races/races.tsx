// Races: in how many orders they go wrong, and the tape as a diagram of lanes.

import './races.css';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { openTape, say, seek } from '../../app/actions.js';
import { position, results, tape } from '../../app/state.js';
import { counted, number } from '../../base/words.js';
import { SCENES, type Scene } from '../../races/index.js';
import type { Tape } from '../../tape/types.js';
import { Backticks } from '../parts/backticks.js';
import { explorationOf, reasonOf, tapeOfOrder } from './explorations.js';
import { OwnRace } from './own-race.js';
import { lanesOf, rowsOf } from './rows.js';
import { Sequence } from './sequence.js';
import { type OpenOrder, VariantCard } from './variant-card.js';

function SceneChooser({ scene, choose }: { readonly scene: Scene; readonly choose: (scene: Scene) => void }) {
  return (
    <div class="scene-chooser">
      <label for="scene">Race</label>
      <select
        id="scene"
        class="field"
        value={scene.id}
        onChange={(event) => choose(SCENES.find(({ id }) => id === event.currentTarget.value) ?? SCENES[0])}
      >
        {SCENES.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
    </div>
  );
}

/** "Old data in 9 of 70 orders with get and set, in 0 with a lease and a cas." */
function headlineOf({ variants, badName }: Scene): string {
  const tried = variants.map((variant) => explorationOf(variant).value);
  const results = tried.map(({ result }) => result);
  if (tried.some(({ error }) => error !== undefined)) return 'This race could not be tried.';
  if (results.some((result) => !result)) return 'Trying all orders\u2026';
  const parts = variants.map(({ name }, at) => {
    const { bad, total } = results[at]!;
    return `in ${number(bad)}${at === 0 ? ` of ${number(total)} orders` : ''} with ${name}`;
  });
  return `${badName.charAt(0).toUpperCase()}${badName.slice(1)} ${parts.join(', ')}.`;
}

/** So many rows are drawn, around the step that is shown: a tape may have thousands. */
const MOST_ROWS = 100;

/** The tape as lanes. `opened`: counts the races that were opened, so that each draws itself. */
function Lanes({ opened }: { readonly opened: number }) {
  const { steps, title } = tape.value;
  const clients = lanesOf(steps);
  const from = Math.max(0, Math.min(position.value - MOST_ROWS / 2, steps.length - MOST_ROWS));
  const to = Math.min(steps.length, from + MOST_ROWS);
  return (
    <>
      {title && <p class="muted">{title}</p>}
      {clients.length === 0 ? (
        <p class="empty">The tape has no command yet. Open an order above, or send one: it is drawn here.</p>
      ) : (
        <>
          {from > 0 && <p class="muted">{counted(from, 'earlier step')}: go back on the tape to see them.</p>}
          <Sequence
            key={opened}
            clients={clients}
            rows={rowsOf(steps, results.value, from, to)}
            position={position.value}
            onSeek={seek}
          />
          {to < steps.length && <p class="muted">{counted(steps.length - to, 'later step')} on the tape.</p>}
        </>
      )}
    </>
  );
}

/** The page came with a tape in its address, and nobody has looked at it here yet. */
let linkIsNew = location.hash.length > 1;

export function Races() {
  const scene = useSignal<Scene>(SCENES[0]);
  const opened = useSignal(0);
  const lanesTitle = useRef<HTMLHeadingElement>(null);
  const own = useSignal<Scene | undefined>(undefined);
  const open = async (of: Scene, ...[variant, order, result]: Parameters<OpenOrder>) => {
    const { text, bad } = result.outcomes[result.outcomeOf[order]!]!;
    let found: Tape;
    try {
      found = await tapeOfOrder(of, variant, order, text);
    } catch (error) {
      say(`Order ${order + 1} could not be opened: ${reasonOf(error)}`);
      return;
    }
    openTape(found, found.steps.length);
    opened.value++;
    say(
      `Order ${order + 1} is on the tape${bad ? ` and ends badly: ${text}` : `: ${text}`}. Undo brings back the old tape.`,
    );
  };
  // A link with a tape is about that tape.
  useEffect(() => {
    if (!linkIsNew || tape.value.steps.length === 0) return;
    linkIsNew = false;
    lanesTitle.current?.scrollIntoView();
  }, [tape.value]);
  // The lanes of the race that was opened, once they are drawn.
  useEffect(() => {
    if (opened.value === 0) return;
    lanesTitle.current?.scrollIntoView();
    lanesTitle.current?.focus({ preventScroll: true });
  }, [opened.value]);
  return (
    <div class="races">
      <section class="races-orders" aria-labelledby="races-title">
        <h2 id="races-title" class="races-headline">
          {headlineOf(scene.value)}
        </h2>
        <SceneChooser scene={scene.value} choose={(chosen) => (scene.value = chosen)} />
        <p class="races-say">
          <Backticks text={scene.value.say} /> Each dot is one order of their steps, tried on the real engine.
        </p>
        <div class="variants">
          {scene.value.variants.map((variant) => (
            <VariantCard
              key={variant.name}
              scene={scene.value}
              variant={variant}
              onOpen={(...order) => open(scene.value, ...order)}
            />
          ))}
        </div>
      </section>
      <section class="races-lanes" aria-labelledby="lanes-title">
        <h2 id="lanes-title" ref={lanesTitle} tabIndex={-1}>
          The tape as lanes
        </h2>
        <Lanes opened={opened.value} />
      </section>
      <OwnRace scene={own} onOpen={(...order) => own.value && open(own.value, ...order)} />
    </div>
  );
}
