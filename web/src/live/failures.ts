// Each way in which a connection can fail, and what mends it.

import { isLoopback, USUAL_PATH } from './address.js';

export type FailureKind =
  | 'no websocket'
  | 'mixed content'
  | 'own server only'
  | 'nobody there'
  | 'unreachable'
  | 'refused'
  | 'wrong subprotocol'
  | 'password wanted'
  | 'wrong password'
  | 'no memcached'
  | 'too old'
  | 'no answer'
  | 'too much'
  | 'out of step'
  | 'lost'
  | 'unfinished';

export interface Mend {
  /** What to do, in a sentence. */
  readonly say: string;
  /** To be copied. */
  readonly command?: string;
}

export interface LiveFailure {
  readonly kind: FailureKind;
  /** What has happened, in a sentence or two; code in backticks. */
  readonly say: string;
  /** What to try, the likeliest first. */
  readonly mends: readonly Mend[];
}

export interface Place {
  /** Of the server. */
  readonly url: string;
  /** Of the page. */
  readonly pageUrl: string;
}

/** As the browser sends it with a handshake: "null" for a page from a file. */
export function originOf(pageUrl: string): string {
  return new URL(pageUrl).origin;
}

function hostOf({ url }: Place): string {
  return new URL(url).host;
}

/** How to start a server that this page may connect to. */
export function startCommand(place: Place): string {
  const { protocol, hostname, port } = new URL(place.url);
  const tls = protocol === 'wss:';
  const address = isLoopback(hostname) ? hostname.replace('localhost', '127.0.0.1') : '0.0.0.0';
  const files = tls ? ' -Z -o ssl_chain_cert=chain.pem,ssl_key=key.pem' : '';
  return `./dev run --http ${address}:${port || (tls ? 443 : 80)}${files}${allowFlag(place)}`;
}

function allowFlag(place: Place): string {
  const page = new URL(place.pageUrl);
  return page.host === new URL(place.url).host ? '' : ` --allow-origin ${originOf(place.pageUrl)}`;
}

export const WRONG_PATH: Mend = { say: `The path of isocached’s WebSocket is \`${USUAL_PATH}\`.` };

export const WRONG_LOGIN: Mend = {
  say: 'User or password are wrong: compare them with the line `user:password` in the server’s file (`-Y`).',
};

/** What a person opens in a tab to see what is at the server's port. */
function pageOf({ url }: Place): string {
  return url.replace(/^ws/, 'http').replace(/memcached$/, '');
}

function untrusted(place: Place): Mend {
  return {
    say: `The browser does not trust the certificate: open \`${pageOf(place)}\` in a tab. If that warns, this cannot connect.`,
  };
}

export const FAILURES = {
  noWebSocket: (): LiveFailure => ({
    kind: 'no websocket',
    say: 'This browser has no WebSocket, or it has been turned off.',
    mends: [{ say: 'Open the page in another browser.' }],
  }),

  mixedContent: (place: Place): LiveFailure => ({
    kind: 'mixed content',
    say: 'This page came over https, so the browser refuses `ws://` to other machines.',
    mends: [
      {
        say: 'Give the server a certificate, and connect by `wss://`.',
        command: startCommand({ ...place, url: place.url.replace(/^ws:/, 'wss:') }),
      },
      {
        say: `Or open the playground from the server itself: \`${pageOf(place)}\``,
      },
    ],
  }),

  ownServerOnly: (place: Place): LiveFailure => ({
    kind: 'own server only',
    say: `This page came from \`${new URL(place.pageUrl).host}\` and may connect to that server alone.`,
    mends: [
      {
        say: `Open the playground of the other server: \`${pageOf(place)}\``,
      },
      { say: `Or connect to \`${new URL(place.pageUrl).host}\`, where the page came from.` },
    ],
  }),

  /** The page's own server. */
  nobodyThere: (place: Place): LiveFailure => ({
    kind: 'nobody there',
    say: `Nobody answers at \`${hostOf(place)}\` any more, where this page came from.`,
    mends: [{ say: 'Start the server again.', command: startCommand(place) }],
  }),

  /** A browser tells neither whether anybody is there nor what was answered. */
  unreachable: (place: Place, hasLogin: boolean): LiveFailure => ({
    kind: 'unreachable',
    say: `No connection to \`${hostOf(place)}\`. The browser does not say why; the likeliest reason comes first.`,
    mends: [
      { say: 'Nobody is there: start a server that lets this page connect.', command: startCommand(place) },
      {
        say: `A server is there, but does not let pages of \`${originOf(place.pageUrl)}\` connect: give it one more flag.`,
        command: `--allow-origin ${originOf(place.pageUrl)}`,
      },
      ...(hasLogin ? [WRONG_LOGIN] : []),
      { say: 'It is another port: that of `--http`, not the memcached port 11211.' },
      ...(place.url.endsWith(USUAL_PATH) ? [] : [WRONG_PATH]),
      ...(place.url.startsWith('wss:') ? [untrusted(place)] : []),
    ],
  }),

  wrongSubprotocol: (place: Place): LiveFailure => ({
    kind: 'wrong subprotocol',
    say: `At \`${place.url}\` there is a WebSocket, but it did not choose the subprotocol \`memcached\`: it speaks something else.`,
    mends: [
      { say: `isocached has it at the path \`/memcached\`: is that the end of the address?` },
      { say: 'A proxy in between must pass the field `Sec-WebSocket-Protocol` on, both ways.' },
    ],
  }),

  passwordWanted: (): LiveFailure => ({
    kind: 'password wanted',
    say: 'The server wants a user and a password.',
    mends: [{ say: 'Fill them in. They are in the file that was given to the server with `-Y`, as `user:password`.' }],
  }),

  wrongPassword: (): LiveFailure => ({
    kind: 'wrong password',
    say: 'The server refused this user and password.',
    mends: [
      { say: 'Compare them with the line `user:password` in the server’s file (`-Y`).' },
      { say: 'If the file has changed, the server reads it again on SIGHUP.', command: 'kill -HUP $(pidof isocached)' },
    ],
  }),

  noMemcached: (place: Place): LiveFailure => ({
    kind: 'no memcached',
    say: `What answers at \`${hostOf(place)}\` does not speak memcached’s protocol.`,
    mends: [{ say: 'Check host and port.' }, { say: 'This starts a server there:', command: startCommand(place) }],
  }),

  tooOld: (): LiveFailure => ({
    kind: 'too old',
    say: 'The server does not know the command `mn`: it is a memcached from before the meta commands (1.6).',
    mends: [{ say: 'Use memcached 1.6 or newer behind the proxy, or isocached.' }],
  }),

  noAnswer: (seconds: number): LiveFailure => ({
    kind: 'no answer',
    say: `The server has not answered within ${seconds} seconds, and the connection was closed.`,
    mends: [{ say: 'Connect again. If it happens again, look at the server: is it stopped, or very busy?' }],
  }),

  tooMuch: (bytes: number): LiveFailure => ({
    kind: 'too much',
    say: `The reply has more than ${bytes.toLocaleString('en-US')} bytes, more than this page takes. The connection was closed.`,
    mends: [{ say: 'Connect again, and ask for less at a time.' }],
  }),

  outOfStep: (): LiveFailure => ({
    kind: 'out of step',
    say: 'The server sent something that nobody had asked for, so no later reply could be trusted. The connection was closed.',
    mends: [{ say: 'Connect again.' }],
  }),

  lost: (code: number | undefined, reason: string): LiveFailure => {
    const why = WHY_LOST[code ?? 0] ?? 'the server or the network has dropped it';
    const more = reason === '' || reason === why ? '' : ` (\`${reason}\`)`;
    return { kind: 'lost', say: `The connection has ended: ${why}${more}.`, mends: [{ say: 'Connect again.' }] };
  },

  unfinished: (bytes: number): LiveFailure => ({
    kind: 'unfinished',
    say:
      bytes === 0
        ? 'The last line has no end, so the server would wait for it.'
        : `${bytes} bytes of the value are missing, so the server would wait for them.`,
    mends: [{ say: 'Finish it, or correct the length.' }],
  }),
} as const;

/** Close codes, as isocached uses them. */
const WHY_LOST: Readonly<Record<number, string>> = {
  1000: 'as asked for, or because it was idle',
  1001: 'the server ends',
  1002: 'the server did not like a frame',
  1008: 'the server has refused what was sent',
  1009: 'a value was too large for the server',
};
