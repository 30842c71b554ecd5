import { about, answered, flagOf, HAS_VALUE, IS_HIT } from '../checks.js';
import type { Asked, Lesson, Look } from '../lesson.js';

const OFFER_S = 30;
/** At least as early as in the first task. */
const offers = (command: Asked): boolean => Number(flagOf(command, 'R') ?? 0) >= OFFER_S;

function withoutOffer(look: Look): string | undefined {
  const commands = about(look, 'page').at(-1)?.commands ?? [];
  const isRead = commands.at(-1)?.name === 'mg';
  return isRead && !commands.some(offers) ? 'it was read without the offer `R30`' : undefined;
}

export const lesson: Lesson = {
  id: 'early',
  title: 'R wins once: a new page before the old one ends',
  minutes: 4,
  text: [
    'A page lives for 60 seconds. When they are over, the next reader misses and somebody has to wait. It would be better to make the new page a little earlier, while the old one still serves.',
    '`R30` says: if less than 30 seconds are left, I would make it anew. The first one who asks so is told `W`, exactly one; the others get `Z` and go on with the old page.',
  ],
  setup: String.raw`@alice ms page 5 T60\r\nhello
+40s`,
  tasks: [
    {
      say: '`page` has 20 seconds left. Alice reads it, and offers to make it anew.',
      hint: '`mg page v R30`',
      solution: '@alice mg page v R30',
      key: 'page',
      who: 'alice',
      done: '`W`: Alice makes the new one while the old one serves.',
      check: (look) =>
        answered(look, 'page', { code: IS_HIT, flags: ['W'], without: ['X'], asked: offers, client: 'alice' }),
      why: withoutOffer,
    },
    {
      say: 'Bob offers the same.',
      hint: '`@bob mg page v R30`',
      solution: '@bob mg page v R30',
      key: 'page',
      who: 'bob',
      done: '`Z`: Alice is at it. There is one winner.',
      check: (look) => answered(look, 'page', { code: HAS_VALUE, value: 'hello', flags: ['Z'], client: 'bob' }),
    },
    {
      say: 'Store a new page that lives for 60 seconds, and read it with the same offer.',
      hint: '`ms page 5 T60`, then `world`; then `mg page v R30`.',
      solution: String.raw`@alice ms page 5 T60\r\nworld
@bob mg page v R30`,
      key: 'page',
      done: 'Neither `W` nor `Z`: 60 seconds are more than 30, so there is nothing to win.',
      check: (look) => {
        const page = look.item('page');
        const value = page?.value ?? '';
        const calm = answered(look, 'page', { code: HAS_VALUE, value, without: ['W', 'Z', 'X'], asked: offers });
        return page !== undefined && !page.won && (page.ttl ?? 0) >= OFFER_S && calm;
      },
      why: withoutOffer,
    },
    {
      say: 'Let time pass until somebody can win again, and win, as anybody.',
      hint: 'Let 35 seconds pass with `+35s`; then `mg page v R30`.',
      solution: `+35s
@bob mg page v R30`,
      key: 'page',
      done: 'A page that is read often never ends: somebody makes it anew in time, and nobody ever waits.',
      check: (look) => {
        const page = look.item('page');
        const won = answered(look, 'page', { code: IS_HIT, flags: ['W'], without: ['X'], asked: offers });
        return page?.won === true && !page.stale && (page.ttl ?? OFFER_S) < OFFER_S && won;
      },
      why: withoutOffer,
    },
  ],
};
