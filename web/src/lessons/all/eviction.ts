import { about, answered, stores } from '../checks.js';
import type { Asked, Lesson } from '../lesson.js';

/** It came or went by hand. */
const touches = (command: Asked): boolean => stores(command) || /^(md|delete)$/.test(command.name);

export const lesson: Lesson = {
  id: 'eviction',
  title: 'Eviction, and keys that stay',
  minutes: 5,
  text: [
    'Memory is finite; here it is 4 MB. When it is full, something has to go: that is eviction. Which item should go? One that nobody wants.',
    'New items wait in the small queue. When an item’s turn comes, it goes if nobody has read it, and moves to the main queue if somebody has. Most items are never read again, so they pass through quickly and do not push out what is wanted.',
    'The cache remembers for a while which keys it has dropped; this memory is called the ghost. If such a key comes back, it was dropped too soon, and it goes straight to the main queue.',
  ],
  memoryBytes: 4 << 20,
  setup: `fill hot 1 4096
fill cold 1 4096`,
  tasks: [
    {
      say: 'Two items are there, `hot0` and `cold0`. Read `hot0`, and leave `cold0` alone.',
      hint: '`mg hot0`: without `v`, since its value is 4 KB of x.',
      solution: '@alice mg hot0',
      done: 'Reads are counted, up to three; eviction looks at that.',
      check: (look) => look.item('hot0')?.fetched === true && look.item('cold0')?.fetched === false,
    },
    {
      say: 'Fill the memory with items of that size until `cold0` has to go.',
      hint: 'Type `fill page: 1200 4096`: 1,200 items of 4 KB are more than 4 MB.',
      solution: 'fill page: 1200 4096',
      done: 'Hundreds of pages came, and the oldest that nobody had read went.',
      check: (look) => look.evicted.includes('cold0') && look.item('hot0') !== undefined,
      why: (look) => {
        if (look.item('hot0') === undefined) return '`hot0` is gone as well';
        return look.evicted.length === 0 ? 'nothing had to go yet' : 'some items went, and `cold0` is still there';
      },
    },
    {
      say: 'Look what became of the two: ask for `hot0` and for `cold0`.',
      hint: '`mg hot0`, then `mg cold0`.',
      solution: `@alice mg hot0
@alice mg cold0`,
      done: '`hot0` is there, in the main queue; `cold0` was dropped.',
      check: (look) =>
        answered(look, 'hot0', { code: /^(VA|VALUE|HD)/ }) &&
        answered(look, 'cold0', { code: /^(EN|END)$/ }) &&
        !about(look, 'cold0').some(({ commands }) => commands.some(touches)),
    },
    {
      say: 'Store `cold0` again, and see to which queue it goes.',
      hint: '`ms cold0 5`, then `hello`.',
      solution: String.raw`@alice ms cold0 5\r\nhello`,
      done: 'Straight to the main queue: the ghost remembered it.',
      check: (look) => look.item('cold0')?.queue === 'main',
    },
  ],
};
