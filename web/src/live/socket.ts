// What is used of a browser's WebSocket. It is passed in: tests need no network then, and a browser may lack it.

export interface SocketEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

export interface Socket {
  binaryType: string;
  /** What the server has chosen of the subprotocols. */
  readonly protocol: string;
  readonly bufferedAmount: number;
  send(bytes: Uint8Array): void;
  close(): void;
  addEventListener(type: 'open' | 'message' | 'error' | 'close', listener: (event: SocketEvent) => void): void;
}

export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

export const SUBPROTOCOL = 'memcached';

/** What to offer to the server. A browser can send no other field, so user and password are among them. */
export function subprotocols(login: { user: string; password: string } | undefined): string[] {
  if (login === undefined) return [SUBPROTOCOL];
  const bytes = new TextEncoder().encode(`${login.user}:${login.password}`);
  const base64 = btoa(String.fromCharCode(...bytes));
  return [SUBPROTOCOL, `bearer.${base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`];
}
