// Origin calls over time as steps, on one scale for all strategies: they can be compared at a glance.

import type { Point } from '../../herd/index.js';

export interface ChartScale {
  /** The end of the time axis, in milliseconds. */
  readonly end: number;
  /** The top of the axis of calls. */
  readonly most: number;
}

const WIDTH = 240;
const HEIGHT = 80;

/** A path of steps: the total stays until the next call comes. */
function stepPath(points: readonly Point[], { end, most }: ChartScale): string {
  const x = (t: number) => ((t / Math.max(end, 1)) * WIDTH).toFixed(1);
  const y = (calls: number) => (HEIGHT - (calls / Math.max(most, 1)) * HEIGHT).toFixed(1);
  let path = `M0 ${y(0)}`;
  for (const { t, calls } of points) path += `H${x(t)}V${y(calls)}`;
  return `${path}H${WIDTH}`;
}

export function StepChart({ points, scale }: { readonly points: readonly Point[]; readonly scale: ChartScale }) {
  const line = stepPath(points, scale);
  return (
    <svg class="herd-chart" viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="herd-top" d={`M0 0H${WIDTH}`} vector-effect="non-scaling-stroke" />
      <path class="herd-area" d={`${line}V${HEIGHT}H0Z`} />
      <path class="herd-line" d={line} vector-effect="non-scaling-stroke" />
      <path class="herd-base" d={`M0 ${HEIGHT}H${WIDTH}`} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
