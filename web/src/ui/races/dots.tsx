// Every order of a race as a dot, filled where it ends badly: how often it goes wrong is seen before it is read.

import { useRef, useState } from 'preact/hooks';

/** More than these are drawn as one picture: nobody picks one of a thousand. */
const MOST_BUTTONS = 100;
const COLUMNS = 14;

interface DotsProps {
  /** A verdict for each order, by number: 1 is bad. Undefined: they are being tried. */
  readonly verdicts: Uint8Array | undefined;
  readonly done: number;
  readonly total: number;
  readonly badName: string;
  readonly onOpen: (order: number) => void;
}

const KEYS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };

/** One stop of the Tab key for all dots; arrow keys go from one to the next. */
function Buttons({ verdicts, done, total, badName, onOpen }: DotsProps) {
  const [current, setCurrent] = useState(0);
  const group = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = KEYS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(total - 1, current + by));
    setCurrent(next);
    const dot = group.current?.children[next];
    if (dot instanceof HTMLElement) dot.focus();
  };
  const shapeOf = (order: number) => {
    if (!verdicts) return order < done ? 'dot' : 'dot dot-waiting';
    return verdicts[order] ? 'dot dot-bad' : 'dot';
  };
  return (
    <div class="dots" role="toolbar" aria-label={`All ${total} orders`} ref={group} onKeyDown={onKeyDown}>
      {Array.from({ length: total }, (_, order) => (
        <button
          key={`order ${order}`}
          type="button"
          class={shapeOf(order)}
          aria-disabled={!verdicts}
          tabIndex={order === current ? 0 : -1}
          aria-label={`Order ${order + 1}${verdicts?.[order] ? `, ${badName}` : ''}`}
          onClick={() => {
            setCurrent(order);
            onOpen(order);
          }}
        />
      ))}
    </div>
  );
}

const SMALL = { columns: 60, step: 5, size: 4 };

/** Squares of all orders that have this verdict, as one path. */
function squares(total: number, has: (order: number) => boolean): string {
  let path = '';
  for (let order = 0; order < total; order++) {
    if (!has(order)) continue;
    const x = (order % SMALL.columns) * SMALL.step;
    const y = Math.floor(order / SMALL.columns) * SMALL.step;
    path += `M${x} ${y}h${SMALL.size}v${SMALL.size}h-${SMALL.size}z`;
  }
  return path;
}

function Picture({ verdicts, done, total, badName }: DotsProps) {
  const height = Math.ceil(total / SMALL.columns) * SMALL.step;
  const bad = verdicts?.reduce((sum, verdict) => sum + verdict, 0) ?? 0;
  const label = verdicts ? `${bad} of ${total} orders: ${badName}` : `${done} of ${total} orders tried`;
  const tried = verdicts ? total : done;
  return (
    <svg class="dots-picture" viewBox={`0 0 ${SMALL.columns * SMALL.step} ${height}`} role="img" aria-label={label}>
      <path class="dots-waiting" d={squares(total, (order) => order >= tried)} />
      <path class="dots-well" d={squares(tried, (order) => !verdicts?.[order])} />
      <path class="dots-bad" d={squares(tried, (order) => verdicts?.[order] === 1)} />
    </svg>
  );
}

export function Dots(props: DotsProps) {
  return props.total <= MOST_BUTTONS ? <Buttons {...props} /> : <Picture {...props} />;
}
