// Which web pages may connect. A browser lets any page open a WebSocket to any address it can reach, and sends the
// page's origin along, so that the server can refuse it. Other programs send no Origin, and may always connect.
// isocached has the same rule (native/http/upgrade.h).

import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import type { TLSSocket } from 'node:tls';

import { SUBPROTOCOL } from '../protocol/websocket.js';
import { IsocacheError } from '../base/types.js';

export interface Refusal {
  status: number;
  text: string;
}

/** Why this upgrade is refused; undefined: it is not. `allowed` are normalized origins. */
export function refusalOf(request: IncomingMessage, allowed: readonly string[]): Refusal | undefined {
  const { origin, host } = request.headers;
  if (origin === undefined) return undefined;
  const encrypted = (request.socket as Partial<TLSSocket>).encrypted === true;
  const sent = origin.toLowerCase();
  if (!allowed.includes('*') && !allowed.includes(sent) && !isSameOrigin(sent, host ?? '', encrypted)) {
    return { status: 403, text: "this page's origin is not allowed; see the option origins" };
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (offered.includes(SUBPROTOCOL)) return undefined;
  return { status: 400, text: `a browser has to ask for the subprotocol ${SUBPROTOCOL}` };
}

/** The page came from here. With TLS the browser has seen our certificate for that name. */
function isSameOrigin(origin: string, host: string, encrypted: boolean): boolean {
  if (origin !== `${encrypted ? 'https' : 'http'}://${host.toLowerCase()}`) return false;
  return encrypted || namesUs(host);
}

/**
 * Whether this can only mean this machine: it is an IP address, localhost, or the machine's own name. The owner of any
 * other name can let it point here once a browser shows a page of theirs. The browser then takes us for their server
 * (DNS rebinding).
 */
function namesUs(host: string): boolean {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  return /^\[.*\]$|^[\d.]+$/.test(name) || name === 'localhost' || name === hostname().toLowerCase();
}

/** `HTTPS://App.Example:443` as browsers send it: `https://app.example`. */
export function normalizedOrigin(text: unknown): string {
  if (text === '*' || text === 'null') return text;
  try {
    if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/?#@*]+$/i.test(text as string)) throw text;
    const { origin } = new URL(text as string);
    return origin === 'null' ? (text as string).toLowerCase() : origin;
  } catch {
    throw new IsocacheError('BAD_ARGUMENT', 'origins: each such as https://app.example, without a path; or *');
  }
}
