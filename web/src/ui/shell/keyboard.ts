// A phone's keyboard. Where it covers the page instead of resizing it (iOS), the page takes the height that is left.

import { useEffect } from 'preact/hooks';
import { narrow } from '../../app/state.js';

/** Less than this is left: the keyboard is open, and what is not needed for typing makes room. */
const TYPING_PX = 560;
/** What browsers call no zoom, rounding included. */
const UNZOOMED = 1.01;

export function useKeyboard(): void {
  useEffect(() => {
    const visible = window.visualViewport;
    if (!visible) return;
    const root = document.documentElement;
    const fit = () => {
      // Zoomed in by two fingers: the page stays as it is.
      if (visible.scale > UNZOOMED) return;
      root.style.setProperty('--visible-height', `${visible.height}px`);
      root.toggleAttribute('data-typing', visible.height < TYPING_PX && narrow.value);
      window.scrollTo(0, 0);
    };
    visible.addEventListener('resize', fit);
    fit();
    return () => visible.removeEventListener('resize', fit);
  }, []);
}
