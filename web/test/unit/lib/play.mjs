// Plays tapes in tests.

import assert from 'node:assert/strict';
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

/** Plays a story's lines. What each has brought about is told as the story has it: text, a pattern, or null for any. */
export async function tellsStory(context, story) {
  const player = await played(
    context,
    story.map(([line]) => line),
  );
  for (const [index, [line, expected]] of story.entries()) {
    const { effect, error } = player.results[index];
    assert.equal(error, undefined, line);
    const text = plainly(effect.text);
    if (expected instanceof RegExp) assert.match(text, expected, line);
    else if (expected !== null) assert.equal(text, expected, line);
  }
}
