// Who speaks: four clients, each with a colour of its own.

import { clientClass, CLIENTS } from '../../app/clients.js';
import { nameOf } from '../../base/words.js';
import { narrow } from '../../app/state.js';
import type { InputModel } from './model.js';

function toInput(event: PointerEvent): void {
  const area = (event.currentTarget as HTMLElement).closest('section')?.querySelector('textarea');
  setTimeout(() => area?.focus());
}

export function Speakers({ model }: { readonly model: InputModel }) {
  const chosen = model.speaker.value;
  const known = (CLIENTS as readonly string[]).includes(chosen) ? CLIENTS : [...CLIENTS.slice(0, 3), chosen];
  const choose = (event: Event) => {
    model.speaker.value = (event.currentTarget as HTMLSelectElement).value;
  };
  if (narrow.value) {
    return (
      <select class={`speaker-select ${clientClass(chosen)}`} aria-label="Who speaks" value={chosen} onChange={choose}>
        {known.map((name) => (
          <option key={name} value={name}>
            {nameOf(name)}
          </option>
        ))}
      </select>
    );
  }
  return (
    <div class="speakers" role="radiogroup" aria-label="Who speaks">
      {known.map((name, index) => (
        <label
          key={name}
          // A pointer chooses and goes on typing; keys stay among the names.
          onPointerUp={toInput}
          class={`speaker ${clientClass(name)}`}
          title={`${nameOf(name)} (Alt ${index + 1})`}
        >
          <input
            type="radio"
            name={`speaker-${model.id}`}
            value={name}
            checked={name === chosen}
            onChange={() => {
              model.speaker.value = name;
            }}
          />
          {nameOf(name)}
        </label>
      ))}
    </div>
  );
}
