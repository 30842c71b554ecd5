// What somebody types to say where a server is, as a URL.

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface Address {
  /** Without user and password. */
  readonly url: string;
  /** If they were in the address. */
  readonly login?: Login;
}

export const USUAL_PATH = '/memcached';

const SCHEMES: Readonly<Record<string, string>> = { http: 'ws', https: 'wss', ws: 'ws', wss: 'wss' };
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const EXAMPLE = 'Write it like `127.0.0.1:8080` or `wss://cache.example:8443`.';

/** `pageUrl`: of the page that connects. A page over https may use ws:// to this machine alone. */
export function readAddress(typed: string, pageUrl: string): Address | { readonly error: string } {
  const text = typed.trim();
  if (text === '') return { error: `Where is the server? ${EXAMPLE}` };
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text) ?? [];
  const known = scheme === undefined ? 'ws' : SCHEMES[scheme.toLowerCase()];
  if (known === undefined) return { error: `A browser cannot connect to \`${scheme}://\`. ${EXAMPLE}` };
  let url: URL;
  try {
    url = new URL(`${known}://${rest ?? text}`);
  } catch {
    return { error: `This is no address. ${EXAMPLE}` };
  }
  if (url.search !== '' || url.hash !== '') return { error: `An address has neither \`?\` nor \`#\`. ${EXAMPLE}` };
  if (scheme === undefined && pageUrl.startsWith('https:') && !isLoopback(url.hostname)) url.protocol = 'wss:';
  const login = loginOf(url);
  if (login === undefined) return { error: 'User or password in the address are not encoded as addresses want it.' };
  url.username = '';
  url.password = '';
  if (url.pathname === '/') url.pathname = USUAL_PATH;
  return login.user === '' && login.password === '' ? { url: url.href } : { url: url.href, login };
}

function loginOf({ username, password }: URL): Login | undefined {
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
}

/** Whether this is a name of the machine that the browser runs on. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Where the server from which this page came takes connections; undefined: the page came from no server. */
export function ownServer(pageUrl: string): string | undefined {
  const page = new URL(pageUrl);
  const scheme = SCHEMES[page.protocol.slice(0, -1)];
  if (scheme === undefined || page.host === '') return undefined;
  return `${scheme}://${page.host}${USUAL_PATH}`;
}
