// What could come next, as a row that scrolls: a finger taps one, keys choose one (Ctrl+Space, arrows, Enter).

import { useEffect, useRef } from 'preact/hooks';
import type { Suggestion } from '../../app/suggest.js';

interface Props {
  readonly id: string;
  readonly options: readonly Suggestion[];
  readonly chosen: number | undefined;
  /** While a value is typed nothing can be suggested. */
  readonly hidden: boolean;
  readonly take: (option: Suggestion) => void;
}

export function Chips({ id, options, chosen, hidden, take }: Props) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = row.current?.children[chosen ?? 0];
    if (target && row.current) target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [chosen, options.length]);
  return (
    <div
      hidden={hidden}
      ref={row}
      id={id}
      class="chips"
      role="listbox"
      aria-label="What could come next"
      aria-orientation="horizontal"
    >
      {options.map((option, index) => (
        <div
          key={option.label}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          class="chip"
          aria-selected={index === chosen}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => take(option)}
          onKeyDown={(event) => event.key === 'Enter' && take(option)}
        >
          <code>{option.label}</code>
          {option.words && <span class="muted"> {option.words}</span>}
        </div>
      ))}
    </div>
  );
}
