import { type Room, readable } from '../../app/readable.js';
import { counted } from '../../base/words.js';

interface Props {
  readonly bytes: Uint8Array;
  /** What does not fit is counted, not shown. */
  readonly room: Room;
}

/** A reply as lines of text, its last line end left out. */
export function ReplyText({ bytes, room }: Props) {
  const { lines, more } = readable(bytes, room);
  return (
    <code class="reply-text">
      {lines.join('\n')}
      {more > 0 && <span class="muted">{`\n… ${counted(more, 'more line')}`}</span>}
    </code>
  );
}
