import type { Act, Condition, End, Lane, Verdict } from '../race.js';
import { lane, type Scene, send } from './scene.js';

const both = (acts: readonly Act[]): Lane[] => ['alice', 'bob'].map((client) => lane(client, acts));
const enter = (when: Condition): Act => ({ kind: 'enter', say: 'goes in', when });
const leave = (when: Condition): Act => ({ kind: 'leave', say: 'goes out', when });

function judge({ mostInside, minds }: End): Verdict {
  const bad = mostInside > 1;
  if (bad) return { bad, text: 'both were inside at once' };
  const away = minds.filter(({ stored }) => stored !== true).length;
  return { bad, text: away === 0 ? 'one after the other' : 'one was inside, the other was turned away' };
}

export const lock: Scene = {
  id: 'lock',
  title: 'A lock',
  say: 'Only one of two clients may be inside at a time; the item `lock` says that somebody is.',
  badName: 'both inside',
  variants: [
    {
      name: 'get and set',
      say: 'Both may look before either has locked.',
      setup: [],
      row: '',
      lanes: both([
        send('get lock', 'looks for the lock'),
        send('set lock 0 30 {length}', 'locks if it was free', { value: '1', when: 'missed' }),
        enter('missed'),
        leave('missed'),
      ]),
      judge,
    },
    {
      name: 'add',
      say: '`add` looks and locks in one go; the second one is answered `NOT_STORED`.',
      setup: [],
      row: '',
      lanes: both([
        send('add lock 0 30 {length}', 'locks if it is free', { value: '1' }),
        enter('stored'),
        leave('stored'),
        send('delete lock', 'unlocks', { when: 'stored' }),
      ]),
      judge,
    },
  ],
};
