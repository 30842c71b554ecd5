// Parts of the page that are not on the first screen: loaded when they are first shown.

import { signal } from '@preact/signals';
import type { ComponentType, FunctionComponent } from 'preact';

/** A component that loads itself. If that fails (the network went away), it offers to try again. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): FunctionComponent<P> {
  const loaded = signal<{ part?: ComponentType<P>; failed?: boolean } | undefined>(undefined);
  const begin = () => {
    loaded.value = {};
    load().then(
      (part) => {
        loaded.value = { part };
      },
      () => {
        loaded.value = { failed: true };
      },
    );
  };
  return function Lazy(props: P) {
    if (!loaded.value) queueMicrotask(() => loaded.peek() ?? begin());
    const Part = loaded.value?.part;
    if (Part) return <Part {...props} />;
    if (!loaded.value?.failed) return <div class="empty" aria-busy="true" />;
    return (
      <div class="empty" role="alert">
        <p>This part of the page could not be loaded. Is the server still there?</p>
        <button type="button" class="button" onClick={begin}>
          Try again
        </button>
      </div>
    );
  };
}
