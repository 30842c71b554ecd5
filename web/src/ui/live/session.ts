// The connection to a server, for the page: what is typed goes to the tab and to the server, and the replies are
// compared. Opening a tape, a link or a lesson, editing and undoing never touch the server.

import { batch, signal } from '@preact/signals';
import { addSteps, say } from '../../app/actions.js';
import { focusComposer } from '../../app/focus.js';
import { draft, guard, live, liveEnded, position, results } from '../../app/state.js';
import { play } from '../../app/time.js';
import {
  CasNames,
  type Comparison,
  compareReplies,
  connectLive,
  type Danger,
  dangersOf,
  type LiveClient,
  type LiveFailure,
  type Login,
  ownServer,
  readAddress,
  type SocketConstructor,
  unfinishedIn,
} from '../../live/index.js';
import type { SendStep, Step } from '../../tape/types.js';
import { endStory } from '../opening/tell.js';

export type Phase =
  | { readonly kind: 'idle' | 'connecting' }
  | { readonly kind: 'connected'; readonly url: string }
  | { readonly kind: 'failed'; readonly failure: Pick<LiveFailure, 'say' | 'mends'> };

export type Compared =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'alone' }
  | { readonly kind: 'compared'; readonly comparison: Comparison }
  | { readonly kind: 'failed'; readonly failure: LiveFailure };

export const phase = signal<Phase>({ kind: 'idle' });
/** What was last typed as an address. */
export const address = signal(addressOfThisServer() ?? 'ws://127.0.0.1:8080/memcached');
/** What came of the last command. */
export const compared = signal<Compared | undefined>(undefined);
/** A command that waits for an answer to the question whether it is meant. */
export const held = signal<{ readonly step: SendStep; readonly dangers: readonly Danger[] } | undefined>(undefined);

let client: LiveClient | undefined;
let names = new CasNames();

/** Where the page comes from, if that is isocached itself: its rules let it connect to no other. */
export function addressOfThisServer(): string | undefined {
  return document.documentElement.dataset.server === 'isocached' ? ownServer(location.href) : undefined;
}

function environment() {
  return { pageUrl: location.href, ownServerOnly: addressOfThisServer() !== undefined };
}

const socketOfBrowser = (): SocketConstructor | undefined =>
  (globalThis as { WebSocket?: SocketConstructor }).WebSocket;

/** Tells whether the server is connected now; if not, `phase` says why. */
export async function connectTo(login: Login): Promise<boolean> {
  const read = readAddress(address.peek(), location.href);
  if ('error' in read) {
    phase.value = { kind: 'failed', failure: { say: read.error, mends: [] } };
    return false;
  }
  phase.value = { kind: 'connecting' };
  const given = login.user === '' && login.password === '' ? read.login : login;
  const connected = await connectLive({
    url: read.url,
    login: given,
    WebSocket: socketOfBrowser(),
    environment: environment(),
    onLost: lost,
  });
  if (connected.failure) {
    phase.value = { kind: 'failed', failure: connected.failure };
    return false;
  }
  begin(connected.client);
  return true;
}

function begin(connected: LiveClient): void {
  client = connected;
  names = new CasNames();
  batch(() => {
    phase.value = { kind: 'connected', url: connected.url };
    compared.value = undefined;
    endStory();
    live.value = { url: connected.url };
    liveEnded.value = false;
    guard.value = mayBecomeStep;
  });
  // The server's clock does not stand still either.
  play(1);
  say(`Connected to ${connected.url}. From now on each command goes there as well.`);
}

function end(next: Phase): void {
  client = undefined;
  batch(() => {
    phase.value = next;
    held.value = undefined;
    live.value = undefined;
    guard.value = undefined;
  });
  play(0);
}

export function disconnect(): void {
  client?.close();
  end({ kind: 'idle' });
  say('Disconnected. Commands go to this tab alone.');
}

/** The server or the network has ended it. */
function lost(failure: LiveFailure): void {
  end({ kind: 'failed', failure });
  liveEnded.value = true;
  say('The server is not connected any more. Commands go to this tab alone.');
}

/** Takes what was typed into its own hands: the tab may need it worded differently, and some of it needs a question. */
function mayBecomeStep(step: Step): boolean {
  if (step.kind !== 'send') {
    if (step.kind !== 'note') compared.value = { kind: 'alone' };
    return true;
  }
  // The server would wait for the rest, and what it answers would no longer belong to what the tab answers.
  const failure = unfinishedIn(step.bytes);
  const dangers = dangersOf(step.bytes);
  if (failure) compared.value = { kind: 'failed', failure };
  else if (dangers.length > 0) held.value = { step, dangers };
  else sendBoth(step);
  return false;
}

export function sendHeld(): void {
  const step = held.value?.step;
  held.value = undefined;
  if (step) sendBoth(step);
  focusComposer();
}

export function dropHeld(): void {
  held.value = undefined;
  focusComposer();
  say('Nothing was sent, neither to the server nor to this tab.');
}

/** To the tab, with its own cas numbers, and to the server as it was typed. */
async function sendBoth(step: SendStep): Promise<void> {
  if (!client || !addSteps([{ ...step, bytes: names.forTab(step.bytes) }])) return;
  draft.value = '';
  const reply = results.peek()[position.peek() - 1]?.reply ?? new Uint8Array();
  compared.value = { kind: 'waiting' };
  const answer = await client.send(step.bytes);
  if (answer.failure) {
    compared.value = { kind: 'failed', failure: answer.failure };
    return;
  }
  const comparison = compareReplies(step.bytes, reply, answer.reply, names);
  compared.value = { kind: 'compared', comparison };
  if (!comparison.same) say('The server has answered differently from this tab: see above the input.');
  if (answer.closed) disconnect();
}
