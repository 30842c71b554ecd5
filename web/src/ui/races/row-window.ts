// Which rows of a long tape are drawn: a tape may have thousands, and each is a drawing.

import { useRef, useState } from 'preact/hooks';

const MOST_ROWS = 100;
/** So many come with a press of a button; the others stay, so that the eye finds where it was. */
const MORE_ROWS = 50;

interface RowWindow {
  /** The rows [from, to) are drawn. */
  readonly from: number;
  readonly to: number;
  readonly isWhole: boolean;
  readonly earlier: () => void;
  readonly later: () => void;
}

/** It moves when the step that is shown is not in it, and stands still while somebody goes from row to row. */
export function useRowWindow(count: number, position: number): RowWindow {
  const from = useRef(0);
  const shown = useRef(-1);
  const [, draw] = useState(0);
  const last = Math.max(0, count - MOST_ROWS);
  const moveTo = (first: number) => {
    from.current = Math.max(0, Math.min(first, last));
  };
  if (shown.current !== position) {
    const row = Math.max(0, position - 1);
    if (row < from.current || row >= from.current + MOST_ROWS) moveTo(row - MOST_ROWS / 2);
    shown.current = position;
  }
  moveTo(from.current);
  const by = (rows: number) => () => {
    moveTo(from.current + rows);
    draw((drawn) => drawn + 1);
  };
  return {
    from: from.current,
    to: Math.min(count, from.current + MOST_ROWS),
    isWhole: last === 0,
    earlier: by(-MORE_ROWS),
    later: by(MORE_ROWS),
  };
}
