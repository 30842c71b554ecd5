// Every byte of request and reply, in hexadecimal and as what it is.

import { bytesOf, number } from '../../base/words.js';
import { bytesView } from '../../explain/index.js';

const MOST_BYTES = 1024;

function Row({ label, bytes }: { readonly label: string; readonly bytes: Uint8Array }) {
  const cells = bytesView(bytes.subarray(0, MOST_BYTES));
  const more = bytes.length - cells.length;
  return (
    <div class="token-row">
      <span class="token-label muted">
        {label} <span class="number">{bytesOf(bytes.length)}</span>
      </span>
      <div class="bytes">
        {cells.map((cell) => (
          <span key={cell.offset} class={`byte is-${cell.kind}`}>
            <span class="byte-hex">{cell.hex}</span>
            <span class="byte-shown">{cell.shown}</span>
          </span>
        ))}
        {more > 0 && <span class="muted">… {number(more)} more bytes</span>}
      </div>
    </div>
  );
}

export function Bytes({ request, reply }: { readonly request: Uint8Array; readonly reply: Uint8Array }) {
  return (
    <fieldset class="bytes-view scroll" tabIndex={0} aria-label="Bytes">
      <Row label="sent" bytes={request} />
      <Row label="got" bytes={reply} />
    </fieldset>
  );
}
