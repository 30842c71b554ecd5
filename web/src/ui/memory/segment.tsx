import type { SegmentState } from 'isocache/inspect';
import type { Signal } from '@preact/signals';

const WIDTH = 40;
const HEIGHT = 52;

interface Props {
  readonly segment: SegmentState;
  readonly isLit: boolean;
  readonly chosen: Signal<number | undefined>;
}

/** 64 KiB: live bytes at the bottom, dead ones above, the rest is free. */
export function Segment({ segment, isLit, chosen }: Props) {
  const { id, liveBytes, deadBytes, freeBytes, items, open } = segment;
  const all = liveBytes + deadBytes + freeBytes || 1;
  const live = (HEIGHT * liveBytes) / all;
  const dead = (HEIGHT * deadBytes) / all;
  const name = `Segment ${id}: ${items} items, ${Math.round((100 * liveBytes) / all)} % live${open ? ', open' : ''}`;
  return (
    <button
      type="button"
      class={isLit ? 'segment is-lit' : 'segment'}
      aria-label={name}
      aria-pressed={chosen.value === id}
      title={name}
      onClick={() => (chosen.value = chosen.value === id ? undefined : id)}
      onMouseEnter={() => (chosen.value = id)}
      onFocus={() => (chosen.value = id)}
    >
      <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
        <rect class="segment-free" width={WIDTH} height={HEIGHT} />
        <rect class="segment-live" y={HEIGHT - live} width={WIDTH} height={live} />
        <rect class="segment-dead" y={HEIGHT - live - dead} width={WIDTH} height={dead} />
        <rect
          class="segment-frame"
          x="0.5"
          y="0.5"
          width={WIDTH - 1}
          height={HEIGHT - 1}
          stroke-dasharray={open ? '3 2' : ''}
        />
      </svg>
      <span class="number">{id}</span>
    </button>
  );
}
