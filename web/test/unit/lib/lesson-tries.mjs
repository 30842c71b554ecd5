// What people may try in the lessons, a list for each lesson and in it an entry for each task:
//   other   something else than the solution that is right as well
//   typo    something wrong, after which the solution still works
//   wrong   what must not count, one or more tries: the right thing for another key, a reply without the state, ...

import { MORE_TRIES } from './lesson-tries-more.mjs';

const r = String.raw;

export const TRIES = {
  'hit-or-miss': [
    { other: '@bob mg nothing v t', typo: '@alice mgcolor', wrong: ['@alice mg page', '@alice mg', '@alice get page'] },
    { other: '@alice mg page t f', typo: '@alice mg pagee', wrong: ['@alice mg color', '@alice mg page v', '@bob mn'] },
    {
      other: '@bob get page',
      typo: '@alice mg page V',
      wrong: ['@alice mg page', r`@alice ms x 5\r\nhello\r\nmg x v`],
    },
    {
      other: r`@alice set color 0 0 4\r\nblue\r\nget color`,
      typo: r`@alice ms color\r\nred`,
      wrong: [r`@alice ms colour 3\r\nred\r\nmg colour v`, '@alice mg color N30 v', r`@alice ms color 3\r\nred`],
    },
  ],
  lengths: [
    {
      other: r`@bob set greeting 0 60 5\r\nhello`,
      typo: r`@alice ms greeting 4\r\nhello`,
      wrong: [r`@alice ms greetings 5\r\nhello`, r`@alice ms greeting 4\r\nhell`],
    },
    {
      other: r`@alice set poem 0 0 8\r\none\r\ntwo`,
      typo: r`@alice ms poem 3\r\none\r\ntwo`,
      wrong: [r`@alice ms poem 5\r\none\r\n`, r`@alice ms poems 8\r\none\r\ntwo`, r`@alice ms poem 6\r\nonetwo`],
    },
    {
      other: r`@alice set greeting 0 0 2\r\nhello`,
      typo: r`@alice ms greetin 2\r\nhello`,
      wrong: [r`@alice ms greeting 5\r\nhello`, r`@alice ms greeting 2\r\nhe`, r`@alice ms greeting x\r\nhello`],
    },
    {
      other: r`@bob set letter 0 0 2\r\n\xc3\xa9`,
      typo: r`@alice ms letter 1\r\n\xc3\xa9`,
      wrong: [r`@alice ms letter 1\r\ne`, r`@alice ms letters 2\r\n\xc3\xa9`, r`@alice ms letter 1\r\n\xe9`],
    },
  ],
  'state-before': [
    { other: '@bob mg page v t h', typo: '@alice mg page H', wrong: ['@alice mg news h', '@alice mg page t'] },
    {
      other: '@bob mg page h v',
      typo: '@alice mg pag h',
      wrong: ['@alice mg news h\n@alice mg news h', '@alice mg page l'],
    },
    {
      other: '+1m\n@bob mg page v l',
      typo: '@alice mg page l',
      wrong: ['+10s\n@alice mg news l', '+5s\n@alice mg page l', '+10s\n@alice mg page t'],
    },
    {
      other: '@bob mg page t v T1000',
      typo: '@alice mg page t T',
      wrong: [
        '@alice mg page T1000 t',
        '@alice touch page 1000',
        '@alice mg news t T1000',
        '@alice mg page t T100',
        '@alice mg page t\n@alice touch page 1000',
      ],
    },
    {
      other: '@bob mg news v u',
      typo: '@alice mg newss u v',
      wrong: ['@alice mg news v', '@alice mg news u', '@alice mg page u v', r`@alice mg news v\r\nms news 5\r\nextra`],
    },
  ],
  quiet: [
    {
      other: '@bob mg b q k O1',
      typo: '@alice mg b v',
      wrong: [
        '@alice mg z q',
        '@alice mg b v',
        r`@alice set b 0 0 1 noreply\r\n1`,
        '@alice mg b v\\',
        '@alice md b q',
        '@alice delete b noreply',
      ],
    },
    {
      other: '@alice mg a q v\n@alice mg b q v\n@alice mg c q v\n@alice mn',
      typo: r`@alice mg a v\r\nmg b v\r\nmg c v\r\nmn`,
      wrong: [
        r`@alice mg a v q\r\nmg c v q\r\nmn`,
        r`@alice mg a v\r\nmg b v\r\nmg c v\r\nmn`,
        r`@alice mg a v q\r\nmg b v q\r\nmg c v q`,
        r`@alice mn\r\nmg a v q\r\nmg b v q\r\nmg c v q`,
      ],
    },
    {
      other: r`@bob set d 0 60 1 noreply\r\n4`,
      typo: r`@alice ms d 4 Q\r\nfour`,
      wrong: [
        r`@alice ms d 4\r\nfour`,
        r`@alice ms dd 4 q\r\nfour`,
        '@alice mg d q',
        '@alice ms d 4 q',
        r`@alice ms d 4\r\nfour
@alice ms d 4`,
      ],
    },
    {
      other: r`@bob ms a 1 ME q\r\nx`,
      typo: r`@alice ms a 3 MQ q\r\nnew`,
      wrong: [
        r`@alice ms a 3 q\r\nnew`,
        r`@alice ms d 3 ME q\r\nnew`,
        r`@alice ms a 3 MR q\r\none`,
        r`@alice ms a 3 ME\r\nnew`,
        r`@alice add a 0 0 3\r\nnew`,
        '@alice ms a 3 ME q',
      ],
    },
    {
      other: r`@bob add a 0 0 1 noreply\r\nx`,
      typo: r`@alice add a 0 0 3\r\nnew`,
      wrong: [
        r`@alice add a 0 0 3\r\nnew`,
        r`@alice set a 0 0 3 noreply\r\nnew`,
        r`@alice add d 0 0 3 noreply\r\nnew`,
        '@alice ms a 3 ME q',
        '@alice add a 0 0 3 noreply',
        '@alice get a\\',
        '@alice mg a q\\',
        r`@alice touch a 0 noreply`,
      ],
    },
  ],
  opaque: [
    { other: '@bob mg a t k', typo: '@alice mg a K', wrong: ['@alice mg a v', '@alice mg b k', r`@bob ms z 1 k\r\n1`] },
    {
      other: '@bob mg b Olabel k',
      typo: '@alice mg b v 7',
      wrong: ['@alice mg b v', '@alice mg a v O7', '@alice mg z O7'],
    },
    {
      other: r`@bob mg b Ob k\r\nmg a Oa v k`,
      typo: r`@alice mg a v O1\r\nmg b v`,
      wrong: [r`@alice mg a v O1\r\nmg b v O1`, '@alice mg a v O1\n@alice mg b v O2', r`@alice mg b v O1\r\nmg z v O2`],
    },
  ],
  leases: [
    {
      other: '@alice mg page t N60 v c',
      typo: '@alice mg page v n30',
      wrong: ['@alice mg pages v N30', '@alice mg page v', r`@alice ms page 0\r\n`, '@bob mg page v N30'],
    },
    {
      other: '@bob mg page v',
      typo: '@bob mg pge v',
      wrong: ['@alice mg page v N30', '@bob get page', '@bob mg p2 v N30'],
    },
    {
      other: '@alice gets page',
      typo: '@bob gat page',
      wrong: ['@bob mg page v', '@bob get pages', '@bob get page2 page3'],
    },
    {
      other: r`@alice set page 0 60 2\r\nhi`,
      typo: r`@alice ms pages 5\r\nhello`,
      wrong: ['@alice md page', r`@alice ms page 0\r\n`, '@alice mg page v T60', r`@bob ms page 5\r\nhello`],
    },
    {
      other: '@bob get page',
      typo: '@bob mg pages v N30',
      wrong: ['@alice mg page v N30', '@bob mg other v N30', '@bob md page\n@bob mg page v N30'],
    },
  ],
  'lost-lease': [
    {
      other: r`@alice cas page 0 0 5 2\r\nalice`,
      typo: r`@alice ms page 5 c2\r\nalice\r\nmd page`,
      wrong: [
        r`@alice ms page 5\r\nalice`,
        '@alice md page',
        r`@alice ms other 5 C2\r\nalice`,
        '@alice mg page',
        r`@alice ms page 5 MR\r\nalice`,
        r`@bob ms page 5 C2\r\nbob`,
      ],
    },
    {
      other: '@alice mg page N60 c t',
      typo: '@alice mg page c',
      wrong: ['@alice mg page v N30', '@alice mg other v c N30', '@alice mg page v c', '@bob mg page v c N30'],
    },
    {
      other: r`@bob set page 0 0 3\r\nnew`,
      typo: r`@bob ms pages 3\r\nbob`,
      wrong: [
        r`@alice ms page 3\r\nbob`,
        r`@bob ms other 3\r\nbob`,
        r`@bob ms page 3 C1\r\nbob`,
        r`@alice ms page 3\r\nbob
@bob mg page`,
      ],
    },
    {
      other: r`@alice cas page 0 0 5 3\r\nalice`,
      typo: r`@alice ms page 5 C\r\nalice`,
      wrong: [
        r`@bob ms page 5 C3\r\nalice`,
        r`@alice ms page 5\r\nalice`,
        r`@alice ms page 5 C3 I\r\nalice`,
        '@alice md page C3',
        r`@alice ms page 5 C999\r\nalice`,
      ],
    },
    {
      other: r`@alice ms page 2 I C2 T60\r\nhi`,
      typo: r`@alice ms page 5 C99 I\r\nalice`,
      wrong: [r`@alice ms page 5\r\nalice`, '@alice md page', r`@alice ms page 5 C3\r\nalice`],
    },
  ],
  stale: [
    {
      other: '@bob md page T60 I',
      typo: '@alice md pages I T30',
      wrong: ['@alice md page', '@alice md page I', '@alice mg page T30', '@alice md page x I T30'],
    },
    {
      other: '@alice mg page t v k',
      typo: '@alice mg pages v',
      wrong: ['@alice mg page', '@alice get page', '@bob mg page v'],
    },
    {
      other: '@bob mg page k v',
      typo: '@bob mg page x y',
      wrong: ['@bob mg page', '@alice mg page v', '@bob get page'],
    },
    {
      other: r`@alice set page 0 0 3\r\nnew`,
      typo: r`@alice ms page\r\nworld`,
      wrong: [
        '@alice md page',
        r`@alice ms page 5\r\nhello`,
        r`@alice ms other 5\r\nworld`,
        r`@bob ms page 5\r\nworld`,
      ],
    },
    {
      other: '@bob get page',
      typo: '@bob mg pages v',
      wrong: ['@alice mg page v', '@bob mg page', '@alice md page I\n@bob mg page v'],
    },
  ],
  early: [
    {
      other: '@alice mg page R60 t',
      typo: '@alice mg page r30',
      wrong: [
        '@bob mg page v R30',
        '@alice mg page v R5',
        '@alice mg page v',
        r`@alice md page I\r\nmg page v`,
        r`@alice md page I\r\nmg page v R30`,
      ],
    },
    {
      other: '@bob mg page v',
      typo: '@bob mg pages v R30',
      wrong: ['@alice mg page v R30', '@bob mg page R30', '@bob get page'],
    },
    {
      other: r`@bob set page 0 90 2\r\nhi\r\nmg page v R30`,
      typo: '@alice mg page v R30',
      wrong: [
        r`@alice ms page 5 T20\r\nworld\r\nmg page v R30`,
        r`@alice ms page 5 T60\r\nworld`,
        r`@alice ms other 5 T60\r\nworld\r\nmg other v R30`,
        r`@alice ms page 5 T60\r\nworld\r\nmg page v`,
        r`@alice ms page 5 T60\r\nworld
@bob mg page v`,
      ],
    },
    {
      other: '+40s\n@carol mg page R30 v t',
      typo: '@bob mg page v R30',
      wrong: [
        '+35s',
        '+35s\n@bob mg page v',
        '+2m\n@bob mg page v R30',
        '+35s\n@bob mg other v N30',
        r`@alice md page I\r\nmg page v`,
        r`@alice md page I\r\nmg page v R30`,
        '@bob mg page v R100',
      ],
    },
  ],
  ...MORE_TRIES,
};
