// The store: its memory, pinned, and under it one of the views.

import { show } from '../../app/actions.js';
import { narrow, view } from '../../app/state.js';
import { Items } from '../items/items.js';
import { MemoryBar } from '../memory/memory-bar.js';
import { lazy } from '../parts/lazy.js';
import { Tabs } from '../parts/tabs.js';

const Memory = lazy(async () => (await import('../memory/memory.js')).Memory);
const Stats = lazy(async () => (await import('../stats/stats.js')).Stats);
const Races = lazy(async () => (await import('../races/races.js')).Races);
const Herd = lazy(async () => (await import('../herd/herd.js')).Herd);

const VIEWS = [
  { id: 'items', title: 'Items' },
  { id: 'memory', title: 'Memory' },
  { id: 'races', title: 'Races' },
  { id: 'stats', title: 'Stats' },
] as const;

const KINDS_OF_RACES = [
  { id: 'races', title: 'All orders' },
  { id: 'herd', title: '200 clients' },
] as const;

function RacesOrHerd() {
  return (
    <>
      <fieldset class="switch" aria-label="Kind of race">
        {KINDS_OF_RACES.map(({ id, title }) => (
          <button key={id} type="button" class="button" aria-pressed={view.value === id} onClick={() => show(id)}>
            {title}
          </button>
        ))}
      </fieldset>
      {view.value === 'races' ? <Races /> : <Herd />}
    </>
  );
}

function View() {
  switch (view.value) {
    case 'items':
      return <Items />;
    case 'memory':
      return <Memory />;
    case 'stats':
      return <Stats />;
    default:
      return <RacesOrHerd />;
  }
}

/** On a phone the panel is the whole pane. */
const PANEL = { role: 'tabpanel', id: 'panel-view' } as const;

export function StorePane() {
  const chosen = view.value === 'herd' ? 'races' : view.value;
  return (
    <section class="pane store" aria-label="Store">
      <MemoryBar />
      {!narrow.value && <Tabs label="Views of the store" name="view" tabs={VIEWS} chosen={chosen} choose={show} />}
      <div
        class="view scroll"
        {...(narrow.value ? {} : { ...PANEL, 'aria-labelledby': `tab-view-${chosen}` })}
        tabIndex={0}
      >
        <View />
      </div>
    </section>
  );
}
