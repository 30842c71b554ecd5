// The same command to the tab's engine and to the server: are the replies the same?

import { type Reply, readReplies } from '../base/replies.js';
import { findRequests } from '../base/requests.js';
import { number } from '../base/words.js';
import { concat, latin1, bytesOf } from '../base/text.js';

export interface ComparedLine {
  /** Undefined: it has no such line. */
  readonly tab: string | undefined;
  readonly server: string | undefined;
  readonly same: boolean;
}

export interface Comparison {
  readonly same: boolean;
  /** Why nothing was compared. */
  readonly notCompared?: string;
  /** Lines and values, as they came. */
  readonly lines: readonly ComparedLine[];
}

/** A server may answer with millions of lines, and nobody reads so many. */
const MOST_LINES = 5000;
const META = /^(HD|VA|EN|NS|EX|NF)$/;
const CAS_FLAG = /^c(\d+)$/;
const TIME_FLAG = /^([tl])(-?\d+)$/;
const ME_FACT = /^(exp|la|cas)=(-?\d+)$/;
/** Clocks do not tick at the same moment. */
const TOLERANCE_S = 1;
/** No line with a cas or a time is as long. */
const LONG_LINE = 4096;
const CUT = `The first ${number(MOST_LINES)} lines are the same; what follows is not compared.`;
/** Of `gets`: VALUE key flags length cas. */
const VALUE_CAS_AT = 4;
/** Of the command cas: cas key flags exptime length cas. */
const CAS_WORD_AT = 5;

/** What the tab and the server call an item's cas. Both count by themselves. */
export class CasNames {
  readonly #serverOf = new Map<string, string>();
  readonly #tabOf = new Map<string, string>();

  /** Whether they may be the same. Learns that they are if neither was known. */
  match(tab: string, server: string): boolean {
    const [known, back] = [this.#serverOf.get(tab), this.#tabOf.get(server)];
    if (known !== undefined || back !== undefined) return known === server && back === tab;
    this.#serverOf.set(tab, server);
    this.#tabOf.set(server, tab);
    return true;
  }

  /** Commands that were typed with the server's numbers, with the tab's. What is unknown stays. */
  forTab(bytes: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const { words, to } of findRequests(bytes)) {
      const name = words[0] === undefined ? '' : latin1(bytes.subarray(words[0].from, words[0].to));
      for (const [i, { from, to: end }] of words.entries()) {
        const text = latin1(bytes.subarray(from, end));
        const isNumber = name === 'cas' && i === CAS_WORD_AT;
        if (!isNumber && !(i > 1 && /^m[sdag]$/.test(name) && /^C\d+$/.test(text))) continue;
        const tab = this.#tabOf.get(isNumber ? text : text.slice(1));
        if (tab === undefined) continue;
        parts.push(bytes.subarray(at, isNumber ? from : from + 1), bytesOf(tab));
        at = end;
      }
      parts.push(bytes.subarray(at, to));
      at = to;
    }
    return concat(parts);
  }
}

/** The request as typed; `names` learns from the replies. */
export function compareReplies(request: Uint8Array, tab: Uint8Array, server: Uint8Array, names: CasNames): Comparison {
  const [ours, theirs] = [readReplies(tab, MOST_LINES + 1), readReplies(server, MOST_LINES + 1)];
  const lines: ComparedLine[] = [];
  for (let i = 0; i < Math.min(Math.max(ours.length, theirs.length), MOST_LINES); ++i) {
    const [one, other] = [ours[i], theirs[i]];
    const same = one !== undefined && other !== undefined && isSame(one, other, names);
    lines.push({ tab: one && wordingOf(one), server: other && wordingOf(other), same });
  }
  const notCompared = whyNot(request);
  if (notCompared !== undefined) return { same: true, notCompared, lines };
  const same = lines.every((line) => line.same);
  const isCut = Math.max(ours.length, theirs.length) > MOST_LINES;
  return same && isCut ? { same, notCompared: CUT, lines } : { same, lines };
}

function whyNot(request: Uint8Array): string | undefined {
  for (const { words } of findRequests(request)) {
    const name = words[0] === undefined ? '' : latin1(request.subarray(words[0].from, words[0].to));
    if (name === 'stats') return 'Figures are not compared: the server has a life of its own.';
    if (name === 'lru_crawler') return 'Lists of all items are not compared: the server has its own.';
  }
  return undefined;
}

function wordingOf({ line, value }: Reply): string {
  return value === undefined ? line : `${line}\n${value}`;
}

function isSame(tab: Reply, server: Reply, names: CasNames): boolean {
  if (tab.value !== server.value) return false;
  if (Math.max(tab.line.length, server.line.length) > LONG_LINE) return tab.line === server.line;
  const [ours, theirs] = [tab.line.split(' '), server.line.split(' ')];
  return ours.length === theirs.length && ours.every((word, at) => isSameWord(word, theirs[at]!, at, tab.code, names));
}

function isSameWord(tab: string, server: string, at: number, code: string, names: CasNames): boolean {
  const cas = casOf(tab, at, code);
  const serverCas = casOf(server, at, code);
  if (cas !== undefined && serverCas !== undefined) return names.match(cas, serverCas);
  if (tab === server) return true;
  const [one, other] = [timeOf(tab, at, code), timeOf(server, at, code)];
  if (one === undefined || other === undefined || one.name !== other.name) return false;
  return one.seconds >= 0 && other.seconds >= 0 && Math.abs(one.seconds - other.seconds) <= TOLERANCE_S;
}

function casOf(word: string, at: number, code: string): string | undefined {
  if (code === 'VALUE') return at === VALUE_CAS_AT ? word : undefined;
  if (code === 'ME') return ME_FACT.exec(word)?.[1] === 'cas' ? word.slice('cas='.length) : undefined;
  const cas = META.test(code) && at > 0 ? CAS_FLAG.exec(word)?.[1] : undefined;
  return cas === '0' ? undefined : cas; // nothing was stored
}

function timeOf(word: string, at: number, code: string): { name: string; seconds: number } | undefined {
  const found = code === 'ME' ? ME_FACT.exec(word) : META.test(code) && at > 0 ? TIME_FLAG.exec(word) : null;
  return found === null ? undefined : { name: found[1]!, seconds: Number(found[2]) };
}
