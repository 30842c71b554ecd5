import type { Failure } from '../../app/failures.js';

/** In place of the page if there is no engine. */
export function FailureNotice({ failure }: { readonly failure: Failure }) {
  return (
    <main class="failure">
      <div role="alert">
        <h2>{failure.title}</h2>
      </div>
      <p>{failure.text}</p>
      <p class="muted">
        The browser says: <code>{failure.detail}</code>
      </p>
      <button type="button" class="button primary" onClick={() => location.reload()}>
        Reload
      </button>
    </main>
  );
}
