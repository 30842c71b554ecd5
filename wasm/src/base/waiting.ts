// Waits that a signal ends.

/** Rejects when the signal is aborted, and leaves no listener behind. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<undefined> {
  let timer: ReturnType<typeof setTimeout>;
  const slept = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  return orAbort(slept, signal).finally(() => clearTimeout(timer));
}
