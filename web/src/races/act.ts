// One act of one client: what it sends, and what it and the world know afterwards.

import { bytesOf } from '../base/text.js';
import type { Step } from '../tape/types.js';
import { isStore, learn } from './learn.js';
import type { Act, Condition, Mind, SendAct, World } from './race.js';

export const FRESH_MIND: Mind = { hit: false, won: false, read: '', cas: '0', stored: undefined, row: '' };

const HOLDS: Readonly<Record<Condition, (mind: Mind) => boolean>> = {
  missed: (mind) => !mind.hit,
  won: (mind) => mind.won,
  stored: (mind) => mind.stored === true,
  refused: (mind) => mind.stored === false,
};

const WHY_NOT: Readonly<Record<Condition, string>> = {
  missed: 'the cache had the item',
  won: 'it did not win',
  stored: 'its store was refused',
  refused: 'its store was taken',
};

export interface Done {
  readonly mind: Mind;
  readonly world: World;
  /** The act as a step of a tape: what was sent, or a note. */
  readonly step: Step;
}

/** `send` gives the cache's reply. It is called at most once. */
export function perform(
  client: string,
  act: Act,
  mind: Mind,
  world: World,
  send: (bytes: Uint8Array) => Uint8Array,
): Done {
  if (act.when !== undefined && !HOLDS[act.when](mind)) {
    return { mind, world, step: note(client, `does nothing, since ${WHY_NOT[act.when]}`) };
  }
  switch (act.kind) {
    case 'send': {
      const bytes = wordingOf(act, mind);
      const command = act.line.split(' ', 1)[0]!;
      const after = learn(mind, command, send(bytes));
      const stores = world.stores + (isStore(command) && after.stored === true ? 1 : 0);
      return { mind: after, world: { ...world, stores }, step: { kind: 'send', client, bytes } };
    }
    case 'raw':
      send(act.bytes);
      return { mind, world, step: { kind: 'send', client, bytes: act.bytes } };
    case 'read row': {
      const step = note(client, `reads the database: ${world.row}`);
      return { mind: { ...mind, row: world.row }, world: { ...world, loads: world.loads + 1 }, step };
    }
    case 'write row': {
      const step = note(client, `writes to the database: ${act.row}`);
      return { mind: { ...mind, row: act.row }, world: { ...world, row: act.row }, step };
    }
    case 'enter':
    case 'leave': {
      const inside = world.inside + (act.kind === 'enter' ? 1 : -1);
      const step = note(
        client,
        act.kind === 'enter' ? `goes in; ${inside} inside now` : `goes out; ${inside} inside now`,
      );
      return { mind, world: { ...world, inside, mostInside: Math.max(world.mostInside, inside) }, step };
    }
  }
}

function wordingOf(act: SendAct, mind: Mind): Uint8Array {
  const known: Record<string, string> = {
    '{read}': mind.read,
    '{read+1}': String(Number(mind.read) + 1),
    '{cas}': mind.cas,
    '{row}': mind.row,
  };
  const fill = (text: string) => text.replace(/\{[^}]*\}/g, (slot) => known[slot] ?? slot);
  const value = act.value === undefined ? undefined : fill(act.value);
  if (value !== undefined) known['{length}'] = String(bytesOf(value).length);
  const line = `${fill(act.line)}\r\n`;
  return bytesOf(value === undefined ? line : `${line}${value}\r\n`);
}

function note(client: string, what: string): Step {
  return { kind: 'note', text: `${client} ${what}` };
}
