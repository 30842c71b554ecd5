import { answered, fits, IS_HIT } from '../checks.js';
import type { Exchange, Lesson } from '../lesson.js';

/** A hit and a miss in one go, each with a label of its own. */
function isTold({ keys, replies }: Exchange): boolean {
  if (keys.length !== 2 || !keys.includes('a') || !keys.includes('b')) return false;
  const labelOf = (code: string | RegExp) =>
    replies.find((reply) => fits(reply, { code, flags: ['O'] }))?.flags.find((flag) => flag[0] === 'O');
  const [hit, miss] = [labelOf(IS_HIT), labelOf('EN')];
  return hit !== undefined && miss !== undefined && hit !== miss;
}

export const lesson: Lesson = {
  id: 'opaque',
  title: 'Labels and keys in replies',
  minutes: 3,
  text: [
    'A reply does not say what it answers: the replies come in the order of the requests, and that has to do. With quiet commands some are missing, and then it no longer does.',
    'So you can have a label come back. `O` and a text of your own (up to 31 bytes) is an opaque: the server does not look at it and sends it back. `k` sends the key back. Both come on a miss, too.',
  ],
  setup: String.raw`@alice ms a 3\r\none`,
  tasks: [
    {
      say: 'Ask for `a` so that the reply names the key.',
      hint: '`mg a k v`',
      solution: '@alice mg a k v',
      done: '`ka`: the flag’s letter, then the key.',
      check: (look) => answered(look, 'a', { code: IS_HIT, flags: ['ka'] }),
    },
    {
      say: 'Nobody has stored `b`. Ask for it with a label of your own.',
      hint: '`mg b v O7`: the label is `7`.',
      solution: '@alice mg b v O7',
      done: 'The miss has your label. Without it, a lone `EN` says little.',
      check: (look) => answered(look, 'b', { code: 'EN', flags: ['O'] }),
    },
    {
      say: 'Ask for `a` and `b` in one go, with a label for each, so that the replies can be told apart.',
      hint: 'Two lines, sent together: `mg a v O1`, Shift+Enter, `mg b v O2`.',
      solution: String.raw`@alice mg a v O1\r\nmg b v O2`,
      done: 'However many replies there are, each says whose it is.',
      check: (look) => look.exchanges.some(isTold),
    },
  ],
};
