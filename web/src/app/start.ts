// Opens the engine, and the tape that the page begins with: the address's, the tab's own after a reload, or an
// empty one, on which the story is told.

import { counted } from '../base/words.js';
import { Player } from '../player/player.js';
import type { Tape } from '../tape/types.js';
import { writeTape } from '../tape/write.js';
import { batch, effect } from '@preact/signals';
import { beginWith, closeEditor, openTape, say, setTheme, show } from './actions.js';
import { failureOf } from './failures.js';
import * as state from './state.js';
import { remember, remembered } from './storage.js';
import { wasmInPage } from './wasm.js';

const VIEWS: readonly string[] = ['items', 'memory', 'races', 'herd', 'stats'];
const NARROW = '(max-width: 899px)';
const ROOMY = '(min-width: 1200px)';

/** What is known before the engine is there, so that nothing moves when it comes: theme, width, view, story or not. */
export function prepare(): void {
  const theme = remembered('local', 'theme');
  if (theme === 'light' || theme === 'dark') setTheme(theme);
  const query = matchMedia(NARROW);
  const measure = () => {
    state.narrow.value = query.matches;
  };
  query.addEventListener('change', measure);
  measure();
  // On a narrow desktop console and store need the room.
  state.lessonsOpen.value = remembered('local', 'lessons-panel') !== 'folded' && matchMedia(ROOMY).matches;
  const options = new URLSearchParams(location.search);
  state.embed.value = options.has('embed') && !/^(0|false|no)$/.test(options.get('embed') ?? '');
  showView(options.get('view') ?? undefined);
  const hasTape = location.hash.length > 1;
  if (!hasTape && !state.embed.value && remembered('local', 'story') !== 'over') state.opening.value = 'on';
}

/** A view's name from a link. */
function showView(name: string | undefined): void {
  if (name && VIEWS.includes(name)) show(name as state.StoreView);
}

/** The tape of the address; a link without one, or none: undefined. */
async function tapeOfAddress() {
  if (location.hash.length < 2) return undefined;
  const { readLink } = await import('../share/links.js');
  const link = await readLink(location.href);
  if (link.error) say(link.error);
  return link.tape;
}

/** Shows engine and tape at once: nothing moves twice. */
function openFirstTape(player: Player, linked: Tape | undefined): void {
  state.player.value = player;
  // After a reload with the same link, what was done since then is still here.
  const isReload = remembered('session', 'hash') === location.hash && remembered('session', 'tape') !== undefined;
  if (linked && !isReload) {
    beginWith(linked, linked.steps.length);
    say(`Opened from the link: ${linked.title ?? counted(linked.steps.length, 'step')}.`);
    return;
  }
  const saved = remembered('session', 'tape');
  if (saved === undefined) return;
  const fault = beginWith(saved, Number(remembered('session', 'position') ?? 0));
  if (fault !== undefined) say(`The tape of before cannot be read: ${fault}`);
}

/** Opens the engine. Never throws: `failure` says what went wrong. */
export async function start(): Promise<void> {
  const linked = tapeOfAddress();
  try {
    const wasm = await wasmInPage();
    const player = wasm ? await Player.open(wasm) : await Player.open();
    const tape = await linked;
    batch(() => openFirstTape(player, tape));
    performance.mark('interactive');
  } catch (error) {
    state.failure.value = failureOf(error);
    return;
  }
  addEventListener('hashchange', async () => {
    const linked = await tapeOfAddress();
    closeEditor();
    remember('session', 'hash', location.hash);
    if (!linked) return;
    state.opening.value = 'off';
    openTape(linked, linked.steps.length);
  });
  remember('session', 'hash', location.hash);
  effect(() => {
    remember('session', 'tape', writeTape(state.tape.value));
    remember('session', 'position', String(state.position.value));
  });
}
