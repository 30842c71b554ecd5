import { FLAG_NAMES } from '../../explain/all-texts.js';

const KEYS = [
  ['Enter', 'Sends the command. If nothing is typed: plays the next step of the tape'],
  ['Ctrl Enter', 'Sends an unfinished value as it is'],
  ['Shift Enter', 'A new line'],
  ['Up, Down', 'Earlier and later commands'],
  [
    'Ctrl Space',
    'To the suggestions (Down as well, behind the last command): arrows choose, Enter takes one, Escape leaves',
  ],
  ['Alt 1 … 4', 'Chooses who speaks'],
  ['Escape', 'Leaves the input; closes an editor or a dialog'],
  ['/', 'To the input'],
  [', and .', 'One step back, one step on'],
  ['Ctrl Z, Ctrl Shift Z', 'Undo and redo, while nothing is typed'],
  ['1 … 5', 'Items, Memory, Races, 200 clients, Stats'],
  ['Left, Right', 'On the tape: one step back or on. Enter edits the step, Delete deletes it'],
  ['?', 'This list'],
] as const;

const LINES = [
  ['@bob mg page v', 'Bob speaks, whoever is chosen'],
  ['+30s', 'Thirty seconds pass (s, m, h, d)'],
  ['fill user: 300 4096', 'Stores user:0 to user:299, 4096 bytes each'],
  ['evict', 'One step of eviction'],
  ['# a note', 'A note on the tape'],
] as const;

/** isocached marks the copy of the page that is built into it. */
const FROM_SERVER = document.documentElement.dataset.server === 'isocached';

function Rows({ rows, isKey }: { readonly rows: readonly (readonly [string, string])[]; readonly isKey: boolean }) {
  return (
    <dl class="keys-list">
      {rows.map(([left, right]) => (
        <div key={left}>
          <dt>{isKey ? <kbd>{left}</kbd> : <code>{left}</code>}</dt>
          <dd>{right}</dd>
        </div>
      ))}
    </dl>
  );
}

export function KeysDialog() {
  return (
    <>
      <Rows rows={KEYS} isKey />
      <h3>Besides memcached's commands, the input takes</h3>
      <Rows rows={LINES} isKey={false} />
      <h3>The letters behind a key</h3>
      <Rows rows={Object.entries(FLAG_NAMES)} isKey={false} />
      {FROM_SERVER && (
        <p>
          This page comes from isocached: <a href="pages">what else is on this port</a>.
        </p>
      )}
    </>
  );
}
