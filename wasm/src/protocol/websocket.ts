// What client and server agree on about memcached over WebSocket: binary frames are a byte stream, whatever their
// borders.

export const SUBPROTOCOL = 'memcached';

/** What to throw where the package ws, which is optional, cannot be imported. */
export function noWs(cause: unknown): never {
  throw new Error('a WebSocket needs the package ws here: npm install ws', { cause });
}

// The package ws keeps each piece of a message as an object of its own until the message is whole: a message of 4 MiB
// in pieces of one byte would take more than 500 MB.
const MAX_PIECES = 16 << 10;

const FIRST_CONTROL = 8;
const MASK_BYTES = 4;

/**
 * Reads the headers of frames (RFC 6455, 5.2), and counts how much of a message has come, and in how many pieces.
 */
export class FragmentCounter {
  readonly #header: number[] = [];
  /** Bytes to come of the frame whose header was read. */
  #left = 0;
  #inMessage = false;
  #endsMessage = false;
  #held = 0;
  #pieces = 0;

  /** Bytes of a message whose rest has not come. */
  get held(): number {
    return this.#held;
  }

  /** False: more pieces than anybody needs. */
  accepts(chunk: Uint8Array): boolean {
    ++this.#pieces;
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const some = Math.min(this.#left, chunk.length - at);
        this.#left -= some;
        this.#held += some;
        at += some;
        if (this.#left === 0 && this.#endsMessage) this.#held = 0;
      } else {
        this.#header.push(chunk[at++]!);
        this.#readHeader();
      }
    }
    return this.#pieces <= MAX_PIECES;
  }

  #readHeader(): void {
    const header = this.#header;
    const [first = 0, second = 0] = header;
    const length = second & 0x7f;
    const extended = length === 127 ? 8 : length === 126 ? 2 : 0;
    if (header.length < 2 + extended) return;
    this.#left = extended === 0 ? length : header.slice(2).reduce((sum, byte) => sum * 256 + byte, 0);
    if (second >= 0x80) this.#left += MASK_BYTES;
    header.length = 0;
    this.#begin(first & 0x0f, first >= 0x80);
  }

  #begin(opcode: number, isLast: boolean): void {
    this.#pieces = this.#inMessage ? this.#pieces + 1 : 0;
    this.#endsMessage = isLast && (opcode < FIRST_CONTROL || !this.#inMessage);
    if (opcode < FIRST_CONTROL) this.#inMessage = !isLast;
  }
}
