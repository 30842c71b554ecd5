// Why a connection could not be made. A browser says only that it failed, so this looks at what can be known: the two
// addresses, and whether anybody answers there by HTTP.

import { isLoopback, USUAL_PATH } from './address.js';
import {
  FAILURES,
  type LiveFailure,
  type Mend,
  originOf,
  type Place,
  startCommand,
  WRONG_LOGIN,
  WRONG_PATH,
} from './failures.js';

export interface Environment {
  /** location.href */
  readonly pageUrl: string;
  /** The page's rules let it connect to the server alone from which it came. */
  readonly ownServerOnly?: boolean;
  readonly fetch?: typeof fetch;
}

const PROBE_MS = 3000;
const UPGRADE_REQUIRED = 426;

/** What forbids the connection from the beginning; undefined: nothing does. */
export function forbidden(url: string, { pageUrl, ownServerOnly }: Environment): LiveFailure | undefined {
  const place = { url, pageUrl };
  const [server, page] = [new URL(url), new URL(pageUrl)];
  if (ownServerOnly && server.host !== page.host) return FAILURES.ownServerOnly(place);
  if (page.protocol === 'https:' && server.protocol === 'ws:' && !isLoopback(server.hostname)) {
    return FAILURES.mixedContent(place);
  }
  return undefined;
}

/** After a handshake that failed. */
export async function diagnose(url: string, hasLogin: boolean, environment: Environment): Promise<LiveFailure> {
  const place = { url, pageUrl: environment.pageUrl };
  const isOwn = new URL(url).host === new URL(environment.pageUrl).host;
  const status = await probe(url, isOwn, environment);
  if (status === 'nobody') return isOwn ? FAILURES.nobodyThere(place) : FAILURES.unreachable(place, hasLogin);
  if (isOwn && status !== UPGRADE_REQUIRED) return FAILURES.noMemcached(place);
  if (isOwn && hasLogin) return FAILURES.wrongPassword();
  return refused(place, hasLogin, isOwn);
}

/**
 * The status of the WebSocket's page. Of another origin's server at most that it answers can be known, and of isocached
 * not even that: it tells browsers to keep its pages from other origins.
 */
async function probe(url: string, isOwn: boolean, environment: Environment): Promise<number | 'nobody' | 'somebody'> {
  const ask = environment.fetch ?? globalThis.fetch;
  const page = url.replace(/^ws/, 'http');
  const signal = AbortSignal.timeout(PROBE_MS);
  try {
    if (isOwn) return (await ask(page, { cache: 'no-store', signal })).status;
    await ask(page, { mode: 'no-cors', cache: 'no-store', credentials: 'omit', signal });
    return 'somebody';
  } catch {
    return 'nobody';
  }
}

function refused(place: Place, hasLogin: boolean, isOwn: boolean): LiveFailure {
  const origin = originOf(place.pageUrl);
  const allow: Mend = isOwn
    ? {
        say: 'Without a password and TLS, the server takes pages under its own name only if it is told to: allow this one, or open the page by the machine’s IP address.',
        command: `./dev run --http ${new URL(place.url).host} --allow-origin ${origin}`,
      }
    : {
        say: `The server does not let pages of other origins connect, and this one’s is \`${origin}\`: allow it.`,
        command: startCommand(place),
      };
  const mends: Mend[] = [allow];
  if (hasLogin) mends.push(WRONG_LOGIN);
  if (!place.url.endsWith(USUAL_PATH)) mends.push(WRONG_PATH);
  mends.push({
    say: 'It is another kind of server, or a proxy in between does not pass `Sec-WebSocket-Protocol` on. isocached’s port is the one of `--http`.',
  });
  const say = `Somebody answers at \`${new URL(place.url).host}\`, but refuses the connection. The browser does not say why; the likeliest reason comes first.`;
  return { kind: 'refused', say, mends };
}
