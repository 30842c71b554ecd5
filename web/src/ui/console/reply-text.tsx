import { readable } from '../../app/readable.js';
import { counted } from '../../base/words.js';

interface Props {
  readonly bytes: Uint8Array;
  /** More lines than these are counted, not shown. */
  readonly mostLines: number;
}

/** A reply as lines of text, its last line end left out. */
export function ReplyText({ bytes, mostLines }: Props) {
  const { lines, more } = readable(bytes, mostLines);
  return (
    <code class="reply-text">
      {lines.join('\n')}
      {more > 0 && <span class="muted">{`\n… ${counted(more, 'more line')}`}</span>}
    </code>
  );
}
