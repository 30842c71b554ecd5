// A tick for each step, in its client's colour. Drag, or arrows, to go to any of them.

import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { openEditor, removeStep, seek } from '../../app/actions.js';
import { narrow, position, tape } from '../../app/state.js';
import { StartTick, Tick } from './tick.js';

const TICK_PX = 38;
const NARROW_TICK_PX = 48;
/** Ticks beside the visible ones that are there already. */
const MARGIN_TICKS = 8;

function keyPressed(event: KeyboardEvent): boolean {
  const at = position.value;
  const target = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    PageUp: at - 10,
    PageDown: at + 10,
    Home: 0,
    End: tape.value.steps.length,
  }[event.key];
  if (target !== undefined) seek(target);
  else if (event.key === 'Enter' && at > 0) openEditor(at - 1);
  else if (event.key === 'Delete' && at > 0) removeStep(at - 1);
  else return false;
  return true;
}

/** Keeps the tick that is played in sight. */
function useFollow(track: { current: HTMLDivElement | null }, width: number): void {
  const at = position.value;
  useLayoutEffect(() => {
    const element = track.current;
    if (!element) return;
    const left = at * width;
    if (left < element.scrollLeft) element.scrollLeft = left - width;
    else if (left + 2 * width > element.scrollLeft + element.clientWidth) {
      element.scrollLeft = left + 2 * width - element.clientWidth;
    }
  }, [at, width]);
}

export function Track() {
  const track = useRef<HTMLDivElement>(null);
  const scrolled = useSignal(0);
  const visible = useSignal(0);
  const dragging = useRef(false);
  const { steps } = tape.value;
  const width = narrow.value ? NARROW_TICK_PX : TICK_PX;
  useFollow(track, width);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      visible.value = entry!.contentRect.width;
    });
    observer.observe(track.current!);
    return () => observer.disconnect();
  }, []);
  // The first place is the beginning of the tape, so step i stands at place i + 1.
  const first = Math.max(0, Math.floor(scrolled.value / width) - MARGIN_TICKS);
  const last = Math.min(steps.length, Math.ceil((scrolled.value + visible.value) / width) + MARGIN_TICKS);
  const stepAt = (event: PointerEvent): number => {
    const box = track.current!.getBoundingClientRect();
    return Math.min(steps.length, Math.floor((event.clientX - box.left + track.current!.scrollLeft) / width));
  };
  const at = position.value;
  return (
    <div
      ref={track}
      class="track"
      role="listbox"
      aria-orientation="horizontal"
      aria-label="Steps of the tape"
      aria-activedescendant={`tick-${at - 1}`}
      tabIndex={0}
      onScroll={() => (scrolled.value = track.current!.scrollLeft)}
      onKeyDown={(event) => keyPressed(event) && event.preventDefault()}
      onClick={(event) => seek(stepAt(event as unknown as PointerEvent))}
      onPointerDown={(event) => {
        // A finger scrolls the tape; a mouse scrubs it.
        dragging.current = event.pointerType === 'mouse' && event.button === 0;
      }}
      onPointerMove={(event) => {
        dragging.current &&= event.buttons === 1;
        if (dragging.current) seek(stepAt(event));
      }}
    >
      <div class="ticks" style={{ width: `${(steps.length + 1) * width}px` }}>
        <StartTick isCurrent={at === 0} />
        {steps.length === 0 && <span class="track-empty muted">What you send is kept here, step by step.</span>}
        {steps.slice(first, last).map((step, index) => (
          <Tick
            key={first + index}
            step={step}
            index={first + index}
            left={(first + index + 1) * width}
            played={first + index < at}
            isCurrent={first + index === at - 1}
          />
        ))}
      </div>
    </div>
  );
}
