// Plays tapes in tests.

import { Player } from '../../../../build/web/unit/player/player.js';
import { parseTape } from '../../../../build/web/unit/tape/parse.js';

/** Of lines without the first one. */
export function tapeOf(lines) {
  const { tape, error } = parseTape(['isocache tape 1', ...lines].join('\n'));
  if (error) throw new Error(`${error.message} (line ${error.line}: ${lines[error.line - 2]})`);
  return tape;
}

/** A player at the end of the tape; the test closes it. */
export async function played(context, lines) {
  const player = await Player.open();
  context.after(() => player.close());
  player.load(tapeOf(lines));
  return player;
}

/** No-break spaces as plain ones, for tests to be read. */
export function plainly(text) {
  return text.replaceAll('\u00a0', ' ');
}

export function latin1(bytes) {
  return Buffer.from(bytes).toString('latin1');
}

/** Results as data that can be compared. */
export function plainResults(results) {
  return results.map(({ reply, closed, now, effect, error }) => ({
    reply: latin1(reply),
    closed,
    now,
    text: effect.text,
    keys: effect.keys.map(latin1),
    segments: effect.segments,
    evicted: effect.evicted,
    error,
  }));
}

/** All that can be seen of a store. */
export function storeState(store) {
  return {
    now: store.now,
    memory: store.memory(),
    segments: store.segments(),
    items: store.items().map((item) => ({ ...item, key: latin1(item.key) })),
  };
}
