// A WebSocket without a network. The test is the server.

export class FakeSocket {
  /** The socket that was made last. */
  static last;
  /** What the next ones do once they have been made. */
  static script = (socket) => socket.open();

  binaryType = 'blob';
  protocol = '';
  bufferedAmount = 0;
  sent = '';
  closed = false;
  #listeners = { open: [], message: [], error: [], close: [] };
  /** Told of what was sent. */
  onSend = () => {};

  constructor(url, protocols) {
    this.url = url;
    this.protocols = protocols;
    FakeSocket.last = this;
    queueMicrotask(() => FakeSocket.script(this));
  }

  addEventListener(type, listener) {
    this.#listeners[type].push(listener);
  }

  send(bytes) {
    const text = Buffer.from(bytes).toString('latin1');
    this.sent += text;
    queueMicrotask(() => this.onSend(text, this));
  }

  close() {
    this.#emit('close', { code: 1005, reason: '' });
  }

  // --- what the server does

  open(protocol = 'memcached') {
    this.protocol = protocol;
    this.#emit('open', {});
  }

  refuse() {
    this.#emit('error', {});
    this.#emit('close', { code: 1006, reason: '' });
  }

  end(code, reason = '') {
    this.#emit('close', { code, reason });
  }

  reply(text) {
    const bytes = Buffer.from(text, 'latin1');
    this.#emit('message', { data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) });
  }

  text(text) {
    this.#emit('message', { data: text });
  }

  #emit(type, event) {
    if (this.closed) return;
    if (type === 'close') this.closed = true;
    for (const listener of this.#listeners[type]) listener(event);
  }
}

/** A server that answers `mn`, and everything else by a table. */
export function answering(answers) {
  return (socket) => {
    socket.onSend = (text) => {
      let reply = '';
      for (const line of text.split('\r\n')) reply += line === 'mn' ? 'MN\r\n' : (answers[line] ?? '');
      if (reply !== '') socket.reply(reply);
    };
    socket.open();
  };
}
