// Tabs as the ARIA practices describe them: one stop of Tab, arrows choose.

import './tabs.css';

interface TabsProps<Id extends string> {
  readonly label: string;
  /** The panel's id is `panel-name`, a tab's `tab-name-id`. */
  readonly name: string;
  readonly tabs: readonly { readonly id: Id; readonly title: string; readonly changed?: boolean }[];
  /** None is chosen if no tab has this id. */
  readonly chosen: string;
  readonly choose: (id: Id) => void;
}

export function Tabs<Id extends string>({ label, name, tabs, chosen, choose }: TabsProps<Id>) {
  const at = tabs.findIndex(({ id }) => id === chosen);
  const move = (event: KeyboardEvent) => {
    const target = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const { id } = tabs[(target + tabs.length) % tabs.length]!;
    choose(id);
    document.getElementById(`tab-${name}-${id}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(({ id, title, changed }, index) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={`tab-${name}-${id}`}
          class="tab"
          aria-selected={id === chosen}
          aria-controls={`panel-${name}`}
          tabIndex={id === chosen || (at < 0 && index === 0) ? 0 : -1}
          onClick={() => choose(id)}
        >
          {title}
          {changed && (
            <span class="changed">
              <span class="unseen">, changed</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
