// Links. `#1;mg%20foo%20v` is a tape's lines, `#1z...` the same deflated; the number is the version of the tape.

import { DEFAULT_MEMORY_BYTES, FIRST_CLIENT, MAX_TAPE_BYTES, TAPE_VERSION } from '../tape/limits.js';
import { parseTape } from '../tape/parse.js';
import type { Tape } from '../tape/types.js';
import { header, writeSettings, writeStep, writeTape } from '../tape/write.js';
import { canDeflate, deflate, fromBase64Url, inflate, toBase64Url } from './deflate.js';
import type { Link, LinkOptions, WrittenLink } from './types.js';

/** The longest address that mail programs, chats and trackers pass on whole. */
export const MAX_LINK_CHARACTERS = 2000;
/** A hash up to this length stays readable, even if deflating it would make it shorter. */
const READABLE_CHARACTERS = 240;
/** No hash that is longer is looked at: a tape of MAX_TAPE_BYTES, each byte written as %XX. */
const MAX_HASH_CHARACTERS = 3 * MAX_TAPE_BYTES;

/** The limit of a tape counts characters: so many bytes each at most. What is longer still is no page's work. */
const UTF8_BYTES = 3;

const CLIENT = `@${FIRST_CLIENT} `;
const VIEW = /^[a-z][a-z0-9-]{0,30}$/;
/** A line that begins like this is no command of the first client. */
const OTHER_LINE = /^(?:[@+#]|fill |evict$|memory |title )/;

/**
 * An address that opens the tape: `base` is the page's own, its query and hash are replaced. An error if it is longer
 * than MAX_LINK_CHARACTERS, or if no page could open it.
 */
export async function writeLink(base: string, tape: Tape, options: LinkOptions = {}): Promise<WrittenLink> {
  const page = base.replace(/[?#].*$/s, '');
  const query = [...(options.embed ? ['embed'] : []), ...(options.view ? [`view=${options.view}`] : [])];
  const hash = await writeHash(tape);
  const href = `${page}${query.length > 0 ? `?${query.join('&')}` : ''}${hash}`;
  if (href.length <= MAX_LINK_CHARACTERS) {
    // Deflated, a tape that is too long for any page makes a short link.
    const { error } = parseTape(writeTape(tape));
    return error ? { error: `There is no link to this tape. ${error.message}` } : { href };
  }
  const long = href.length.toLocaleString('en');
  const most = MAX_LINK_CHARACTERS.toLocaleString('en');
  return {
    error: `Too long for a link: ${long} characters, and many programs cut what is over ${most}. Save it as a file.`,
  };
}

/** "#1;..." or "#1z...", of any length. */
export async function writeHash(tape: Tape): Promise<string> {
  const settings = writeSettings(tape).filter((line) => line !== DEFAULT_MEMORY);
  const lines = [...settings, ...tape.steps.map(writeStep)];
  const readable = `#${TAPE_VERSION};${lines.map(shorten).map(encodeLine).join(';')}`;
  if (readable.length <= READABLE_CHARACTERS || !canDeflate()) return finishReadable(readable);
  const deflated = await deflate(new TextEncoder().encode(lines.join('\n')));
  const packed = `#${TAPE_VERSION}z${toBase64Url(deflated)}`;
  return packed.length < readable.length ? packed : finishReadable(readable);
}

const DEFAULT_MEMORY = writeSettings({ memoryBytes: DEFAULT_MEMORY_BYTES, steps: [] })[0]!;

function shorten(line: string): string {
  if (!line.startsWith(CLIENT)) return line;
  const rest = line.slice(CLIENT.length);
  return OTHER_LINE.test(rest) || rest === '' ? line : rest;
}

/** As little as possible is encoded; what ends words in chats and mails is. */
function encodeLine(line: string): string {
  return encodeURIComponent(line.replace(LONE_SURROGATES, '\ufffd'))
    .replace(/%(40|3A|2B|3D|2C|2F)/g, decodeURIComponent)
    .replace(/[!'()*~]/g, percent);
}

const LONE_SURROGATES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Chats take a last "." or ":" for the sentence's, not for the address's. */
function finishReadable(hash: string): string {
  return hash.replace(/[^A-Za-z0-9]$/, (last) => (last === ';' ? last : percent(last)));
}

/** What an address says; it never throws. */
export async function readLink(href: string): Promise<Link> {
  const [front = '', ...rest] = href.split('#');
  const query = new URLSearchParams(front.includes('?') ? front.slice(front.indexOf('?')) : '');
  const view = query.get('view') ?? '';
  const embed = query.has('embed') && !/^(0|false|no)$/.test(query.get('embed') ?? '');
  const options = { ...(VIEW.test(view) && { view }), ...(embed && { embed }) };
  return { ...options, ...(await readHash(rest.join('#'))) };
}

async function readHash(hash: string): Promise<{ tape?: Tape; error?: string }> {
  if (hash === '') return {};
  if (hash.length > MAX_HASH_CHARACTERS)
    return { error: 'The link is longer than any playground link. Ask for it as a file.' };
  const match = /^(\d{1,9})([;z])/.exec(hash);
  if (!match) {
    return {
      error: 'The part of the link behind # is no tape. It begins like #1;mg%20foo%20v. Copy the link again, whole.',
    };
  }
  if (Number(match[1]) !== TAPE_VERSION) {
    const message = `The link has version ${match[1]}, and this playground reads version ${TAPE_VERSION}.`;
    return { error: `${message} Open it with the playground that it was made with.` };
  }
  const rest = hash.slice(match[0].length);
  const lines = match[2] === 'z' ? await unpack(rest) : decodeLines(rest);
  if (typeof lines === 'string') return { error: lines };
  const parsed = parseTape([header(), ...lines].join('\n'));
  if (!parsed.error) return { tape: parsed.tape };
  // The first line is the header, which links do not have.
  const where = lines.length > 1 ? `Step ${Math.max(1, parsed.error.line - 1)} of the link` : 'The link';
  return { error: `${where} cannot be read. ${parsed.error.message}` };
}

const CUT = 'The link is damaged; most often its end was cut off. Copy it again, whole, or ask for the tape as a file.';

async function unpack(text: string): Promise<string[] | string> {
  if (!canDeflate()) return 'This browser cannot unpack links. Open it in a newer one, or ask for the tape as a file.';
  const bytes = fromBase64Url(text);
  const inflated = bytes && (await inflate(bytes, UTF8_BYTES * MAX_TAPE_BYTES));
  return inflated ? new TextDecoder().decode(inflated).split('\n') : CUT;
}

function decodeLines(text: string): string[] | string {
  try {
    return text
      .split(';')
      .filter((line) => line !== '')
      .map((line) => decodeURIComponent(line))
      .map((line) => (OTHER_LINE.test(line) ? line : CLIENT + line));
  } catch {
    return CUT;
  }
}
