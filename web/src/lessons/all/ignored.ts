import { answered, flagOf, succeeded } from '../checks.js';
import type { Lesson } from '../lesson.js';

export const lesson: Lesson = {
  id: 'ignored',
  title: 'What is refused, and what is ignored',
  minutes: 3,
  text: [
    'The server refuses a flag that it does not know, a flag that stands twice, and a line of more than 20 words. Then nothing is done.',
    'But a flag that belongs to another command is mostly accepted and ignored, without a word. That is the dangerous kind: what you meant does not happen, and the reply says that all is well.',
  ],
  setup: String.raw`@alice ms page 5 T300\r\nhello`,
  tasks: [
    {
      say: 'Ask for `page` with a flag that does not exist.',
      hint: '`mg page z`',
      solution: '@alice mg page z',
      key: 'page',
      done: '`invalid flag`. Large and small letters are different flags.',
      check: (look) => answered(look, 'page', { code: /^CLIENT_ERROR invalid flag/ }),
    },
    {
      say: 'Ask with the same flag twice.',
      hint: '`mg page v v`',
      solution: '@alice mg page v v',
      key: 'page',
      done: '`duplicate flag`.',
      check: (look) => answered(look, 'page', { code: /^CLIENT_ERROR duplicate flag/ }),
    },
    {
      say: 'Send a command with more than 20 words.',
      hint: '`mg page` and 19 flags: `mg page c f x h k l q s t u v C1 E1 N1 O1 R1 T1 L P`',
      solution: '@alice mg page c f x h k l q s t u v C1 E1 N1 O1 R1 T1 L P',
      done: '`options flags are too long`.',
      check: (look) => answered(look, 'page', { code: /^CLIENT_ERROR options flags are too long/ }),
    },
    {
      say: '`N` gives the time to live only when an item is made on a miss. Store `page` anew with `N60` instead of `T60`, and ask how long it lives.',
      hint: '`ms page 5 N60`, then `hello`; then `mg page t`.',
      solution: String.raw`@alice ms page 5 N60\r\nhello
@alice mg page t`,
      key: 'page',
      done: '`t-1`: it never ends. The flag was accepted, and ignored.',
      check: (look) => {
        const page = look.item('page');
        const isStored = succeeded(
          look,
          'page',
          (command) => command.name === 'ms' && flagOf(command, 'N') !== undefined,
        );
        return page !== undefined && page.ttl === undefined && isStored && answered(look, 'page', { flags: ['t-1'] });
      },
    },
  ],
};
