import type { Token } from '../../explain/types.js';
import { Backticks } from '../parts/backticks.js';

const LONGEST = 40;
const headOf = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** Room is kept for a text of usual length, so that nothing jumps. */
export function Meaning({ token }: { readonly token: Token | undefined }) {
  return (
    <div class="meaning scroll" tabIndex={0} role="group" aria-label="Meaning">
      {token && (
        // Another text is another element: what is new does not count as moved.
        <div key={`${token.text} ${token.title} ${token.meaning}`}>
          <h3>
            <code class={`token is-${token.kind}`}>{token.kind === 'end' ? '\\r\\n' : headOf(token.text)}</code>{' '}
            {token.title}
          </h3>
          {token.decoded !== undefined && (
            <p>
              The base64 stands for <code>{token.decoded}</code>.
            </p>
          )}
          <p>
            <Backticks text={token.meaning} />
          </p>
          {token.change && (
            <p>
              <span class="muted">Changes: </span>
              <Backticks text={token.change} />
            </p>
          )}
          {token.example && (
            <p class="example">
              <span class="muted">Example</span> <code>{token.example.request}</code>
              <span class="muted"> → </span>
              <code>{token.example.reply}</code>
            </p>
          )}
        </div>
      )}
    </div>
  );
}
