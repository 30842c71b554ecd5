import { about, answered, HAS_VALUE } from '../checks.js';
import type { Lesson } from '../lesson.js';

export const lesson: Lesson = {
  id: 'hit-or-miss',
  title: 'A miss is EN, a hit is HD',
  minutes: 2,
  text: [
    'A cache keeps values under names, called keys. It is fast and forgetful: what it has lost, you fetch again from where it came.',
    'You ask for a key with `mg` (meta get) and the key. Two letters answer: `EN` says that there is nothing, a miss; `HD` says that it is there, a hit.',
    'That is all unless you ask for more. The letter `v` behind the key asks for the value: then the answer is `VA`, the value’s length, and the value on a line of its own.',
  ],
  setup: String.raw`@alice ms page 5 T300\r\nhello`,
  tasks: [
    {
      say: 'Ask for a key that nobody has stored, for example `color`.',
      hint: 'Type `mg color`.',
      solution: '@alice mg color',
      done: '`EN`: a miss. It is an answer like any other, not an error.',
      check: (look) =>
        look.exchanges.some(({ keys, replies }) => {
          const [key] = keys;
          return keys.length === 1 && replies[0]?.code === 'EN' && look.item(key!) === undefined;
        }),
    },
    {
      say: 'Somebody has stored a `page`. Ask whether it is there, without its value.',
      hint: 'Like before, with the key `page`.',
      solution: '@alice mg page',
      key: 'page',
      done: '`HD`: it is there, and no value was sent. That is cheap even if the value is large.',
      check: (look) => answered(look, 'page', { code: 'HD' }),
    },
    {
      say: 'Now ask for its value as well.',
      hint: 'Put the letter `v` behind the key, after a space.',
      solution: '@alice mg page v',
      key: 'page',
      done: 'The value, and before it its length: 5 bytes.',
      check: (look) => answered(look, 'page', { code: HAS_VALUE, value: look.item('page')?.value ?? '' }),
    },
    {
      say: 'Store something of your own under `color`, and read it back.',
      hint: '`ms` (meta set), the key and the value’s length; the value goes on the next line: `ms color 3`, then `red`. Then `mg color v`.',
      solution: String.raw`@alice ms color 3\r\nred
@alice mg color v`,
      key: 'color',
      done: 'Stored and read: that is a cache.',
      check: (look) => {
        const value = look.item('color')?.value;
        return !!value && about(look, 'color').length > 0 && answered(look, 'color', { code: HAS_VALUE, value });
      },
    },
  ],
};
