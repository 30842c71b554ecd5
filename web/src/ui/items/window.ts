// Of very many rows only those in sight are on the page.

import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { narrow } from '../../app/state.js';

/** Rows above and below the visible ones, so that a little scrolling finds them there. */
const MARGIN_ROWS = 6;
const FIRST_GUESS_PX = 900;

interface RowWindow {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly first: number;
  readonly last: number;
  readonly onScroll: () => void;
}

/** For rows of one height in a scrolling box: which of them are in sight. */
export function useRows(count: number, rowPx: number): RowWindow {
  const scroller = useRef<HTMLDivElement>(null);
  const top: Signal<number> = useSignal(0);
  const height: Signal<number> = useSignal(FIRST_GUESS_PX);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      height.value = entry!.contentRect.height;
    });
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, []);
  const first = Math.max(0, Math.min(count, Math.floor(top.value / rowPx)) - MARGIN_ROWS);
  const last = Math.min(count, Math.ceil((top.value + height.value) / rowPx) + MARGIN_ROWS);
  const onScroll = () => {
    top.value = scroller.current?.scrollTop ?? 0;
  };
  return { scroller, first, last, onScroll };
}

interface ActiveRow {
  /** The one row that Tab stops at. */
  readonly active: number;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** Arrows, Page and Home and End go from row to row; the element to focus has the id `prefix` and the row's number. */
export function useActiveRow(
  scroller: RefObject<HTMLDivElement | null>,
  count: number,
  rowPx: number,
  prefix: string,
): ActiveRow {
  const chosen = useSignal(0);
  const wanted = useRef(false);
  const active = Math.max(0, Math.min(chosen.value, count - 1));
  useEffect(() => {
    if (wanted.current) document.getElementById(`${prefix}${active}`)?.focus({ preventScroll: true });
    wanted.current = false;
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const box = scroller.current!;
    const page = Math.max(1, Math.floor(box.clientHeight / rowPx) - 1);
    const delta = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count }[event.key];
    if (delta === undefined || count === 0) return;
    event.preventDefault();
    wanted.current = true;
    chosen.value = Math.max(0, Math.min(count - 1, active + delta));
    const top = chosen.value * rowPx;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + rowPx > box.scrollTop + box.clientHeight) box.scrollTop = top + rowPx - box.clientHeight;
  };
  return { active, onKeyDown };
}

/** In a narrower box a row of all columns has no room. */
const TIGHT_PX = 556;

/** Whether the box is too narrow for a row of all columns: known before the first picture. */
export function useTight(box: RefObject<HTMLDivElement | null>): boolean {
  const tight = useSignal(narrow.peek());
  useLayoutEffect(() => {
    const measure = () => {
      if (box.current) tight.value = box.current.clientWidth < TIGHT_PX;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  return tight.value;
}
