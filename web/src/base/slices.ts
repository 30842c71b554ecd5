// Long work in short slices, so that the page answers keys and clicks meanwhile.

/** How long a slice may take, in milliseconds. A frame has 16. */
const SLICE_MS = 10;

export interface SliceOptions {
  /** Ends the work: the promise is rejected with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each slice. */
  readonly onSlice?: (() => void) | undefined;
  /** Milliseconds, from any start. */
  readonly clock?: (() => number) | undefined;
}

/** Runs a generator to its end. It yields often: what lies between two yields is never cut. */
export async function inSlices<T>(work: Generator<unknown, T>, options: SliceOptions = {}): Promise<T> {
  const { signal, onSlice, clock = () => performance.now() } = options;
  for (;;) {
    signal?.throwIfAborted();
    const end = clock() + SLICE_MS;
    do {
      const next = work.next();
      if (next.done) return next.value;
    } while (clock() < end);
    onSlice?.();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
