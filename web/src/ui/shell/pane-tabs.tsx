// A phone's tabs. A dot says that a pane has changed since it was last looked at.

import { show } from '../../app/actions.js';
import { pane, type Pane, unseen } from '../../app/state.js';
import { Tabs } from '../parts/tabs.js';

const PANES = [
  { id: 'console', title: 'Console' },
  { id: 'items', title: 'Items' },
  { id: 'memory', title: 'Memory' },
  { id: 'races', title: 'Races' },
  { id: 'stats', title: 'Stats' },
] as const;

export function PaneTabs() {
  const tabs = PANES.map((tab) => ({ ...tab, changed: unseen.value.has(tab.id) }));
  const chosen: Pane = pane.value === 'herd' ? 'races' : pane.value;
  return (
    <nav aria-label="Parts of the page">
      <Tabs label="Parts of the page" name="pane" tabs={tabs} chosen={chosen} choose={show} />
    </nav>
  );
}
