// What people may try in the lessons, a list for each lesson and in it an entry for each task:
//   other   something else than the solution that is right as well
//   typo    something wrong, after which the solution still works
//   wrong   what must not count, one or more tries: the right thing for another key, a reply without the state, ...

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
      wrong: ['@alice mg page T1000 t', '@alice touch page 1000', '@alice mg news t T1000', '@alice mg page t T100'],
    },
    {
      other: '@bob mg news v u',
      typo: '@alice mg newss u v',
      wrong: ['@alice mg news v', '@alice mg news u', '@alice mg page u v'],
    },
  ],
  quiet: [
    {
      other: '@bob mg b q k O1',
      typo: '@alice mg b v',
      wrong: ['@alice mg z q', '@alice mg b v', r`@alice set b 0 0 1 noreply\r\n1`],
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
      wrong: [r`@alice ms d 4\r\nfour`, r`@alice ms dd 4 q\r\nfour`, '@alice mg d q'],
    },
    {
      other: r`@bob ms a 1 ME q\r\nx`,
      typo: r`@alice ms a 3 MQ q\r\nnew`,
      wrong: [r`@alice ms a 3 q\r\nnew`, r`@alice ms d 3 ME q\r\nnew`, r`@alice ms a 3 MR q\r\none`],
    },
    {
      other: r`@bob add a 0 0 1 noreply\r\nx`,
      typo: r`@alice add a 0 0 3\r\nnew`,
      wrong: [r`@alice add a 0 0 3\r\nnew`, r`@alice set a 0 0 3 noreply\r\nnew`, r`@alice add d 0 0 3 noreply\r\nnew`],
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
      wrong: ['@alice md page', r`@alice ms page 0\r\n`, '@alice mg page v T60'],
    },
    {
      other: '@bob get page',
      typo: '@bob mg pages v N30',
      wrong: ['@alice mg page v N30', '@bob mg other v N30', '@bob md page\n@bob mg page v N30'],
    },
  ],
  'lost-lease': [
    {
      other: r`@alice ms page 2 C2 T60\r\nhi`,
      typo: r`@alice ms page 5 c2\r\nalice\r\nmd page`,
      wrong: [r`@alice ms page 5\r\nalice`, '@alice md page', r`@alice ms other 5 C2\r\nalice`, '@alice mg page'],
    },
    {
      other: '@alice mg page N60 c t',
      typo: '@alice mg page c',
      wrong: ['@alice mg page v N30', '@alice mg other v c N30', '@alice mg page v c'],
    },
    {
      other: r`@bob set page 0 0 3\r\nnew`,
      typo: r`@bob ms pages 3\r\nbob`,
      wrong: [r`@alice ms page 3\r\nbob`, r`@bob ms other 3\r\nbob`, r`@bob ms page 3 C1\r\nbob`],
    },
    {
      other: r`@alice ms page 2 C3 T60\r\nhi`,
      typo: r`@alice ms page 5 C\r\nalice`,
      wrong: [r`@bob ms page 5 C3\r\nalice`, r`@alice ms page 5\r\nalice`, r`@alice ms page 5 C3 I\r\nalice`],
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
      other: r`@carol set page 0 0 3\r\nnew`,
      typo: r`@alice ms page\r\nworld`,
      wrong: ['@alice md page', r`@alice ms page 5\r\nhello`, r`@alice ms other 5\r\nworld`],
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
      wrong: ['@bob mg page v R30', '@alice mg page v R5', '@alice mg page v'],
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
      ],
    },
    {
      other: '+40s\n@carol mg page R30 v t',
      typo: '@bob mg page v R30',
      wrong: ['+35s', '+35s\n@bob mg page v', '+2m\n@bob mg page v R30', '+35s\n@bob mg other v N30'],
    },
  ],
  'thirty-days': [
    {
      other: r`@bob set week 0 604800 2\r\nhi`,
      typo: r`@alice ms week 2 T7\r\nhi`,
      wrong: [r`@alice ms week 2\r\nhi`, r`@alice ms weeks 2 T604800\r\nhi`, r`@alice ms week 2 T60480\r\nhi`],
    },
    {
      other: r`@bob set month 0 2678400 2\r\nhi\r\nget month`,
      typo: r`@alice mg month v`,
      wrong: [
        '@alice mg month v',
        r`@alice ms month 2 T2592000\r\nhi\r\nmg month v`,
        r`@alice ms months 2 T2678400\r\nhi\r\nmg months v`,
      ],
    },
    {
      other: r`@alice set month 0 1769904000 5\r\nhello`,
      typo: r`@alice ms month 2 T1769904\r\nhi`,
      wrong: [r`@alice ms month 2 T2592000\r\nhi`, r`@alice ms month 2\r\nhi`, r`@alice ms m 2 T1769904000\r\nhi`],
    },
    {
      other: r`@bob set always 0 0 2\r\nhi`,
      typo: r`@alice ms always 2 T-1\r\nhi`,
      wrong: [r`@alice ms always 2 T2592000\r\nhi`, r`@alice ms alway 2\r\nhi`],
    },
  ],
  cas: [
    {
      other: '@alice mg stock c',
      typo: '@alice mg stocks v c',
      wrong: ['@alice mg stock v', '@bob mg stock v c', '@alice mg s c'],
    },
    {
      other: '@bob decr stock 1',
      typo: r`@bob ms stok 1\r\n9`,
      wrong: [r`@bob ms stock 2\r\n10`, r`@bob ms stocks 1\r\n9`],
    },
    {
      other: r`@alice cas stock 0 0 1 2\r\n9`,
      typo: r`@alice ms stock 1 C\r\n9`,
      wrong: [
        r`@alice ms stock 1\r\n9`,
        r`@alice ms stock 1 C3\r\n9`,
        r`@bob ms stock 1 C2\r\n9`,
        r`@alice mg stock v c`,
      ],
    },
    {
      other: r`@alice gets stock\r\ncas stock 0 0 1 3\r\n8`,
      typo: r`@alice ms stock 1 C2\r\n8`,
      wrong: ['@alice mg stock v c', r`@alice ms stock 1 C2\r\n8`, r`@alice ms stocks 1\r\n8`],
    },
    {
      other: '@bob ma stock E1000',
      typo: r`@alice ms stock 1 E\r\n8`,
      wrong: [r`@alice ms stock 1 C1000\r\n8`, r`@alice ms s 1 E1000\r\n8`, r`@alice ms stock 1 E100\r\n8`],
    },
  ],
  base64: [
    {
      other: r`@bob ms bXkgcGFnZQ== 3 T60 b\r\nyes`,
      typo: r`@alice ms bXkgcGFnZQ== 2\r\nhi`,
      wrong: [r`@alice ms bXkgcGFnZQ== 2\r\nhi`, r`@alice ms my page 2\r\nhi`, '@alice mg bXkgcGFnZQ== b N30'],
    },
    {
      other: '@bob mg bXkgcGFnZQ== v k b t',
      typo: '@alice mg bXkgcGFnZQ== k v',
      wrong: ['@alice mg bXkgcGFnZQ== b v', '@alice mg bXkgcGFnZQ== k v', r`@alice ms Zm9v 2 b\r\nhi\r\nmg Zm9v b k v`],
    },
    {
      other: r`@bob ms Zm9v 3 T60 b\r\nyes\r\ngets foo`,
      typo: r`@alice ms Zm9 2 b\r\nhi`,
      wrong: [
        r`@alice ms Zm9v 2 b\r\nhi\r\nmg Zm9v b v`,
        r`@alice ms foo 2\r\nhi\r\nget foo`,
        r`@alice ms Zm9v 2\r\nhi\r\nget Zm9v`,
      ],
    },
  ],
  counters: [
    {
      other: r`@bob append log 0 0 2\r\nb,`,
      typo: r`@alice ms log 2 A\r\nb,`,
      wrong: [r`@alice ms log 2 MP\r\nb,`, r`@alice ms logs 2 MA N0\r\nb,`, r`@alice ms log 2\r\nb,`],
    },
    {
      other: r`@bob set visits 0 0 1\r\n1`,
      typo: '@alice ma visits J1 v',
      wrong: ['@alice ma visits N0 v', '@alice ma visit N0 J1 v', '@alice ma visits'],
    },
    {
      other: '@bob incr visits 9',
      typo: '@alice ma visits 9 v',
      wrong: ['@alice ma visits D8', '@alice ma visits v', '@bob ma big D9'],
    },
    {
      other: '@bob decr visits 1\n@bob gets visits',
      typo: '@alice ma visits MX',
      wrong: [r`@alice ms visits 1\r\n9\r\nget visits`, '@alice ma visits MD v', '@alice get visits'],
    },
    {
      other: '@bob incr big 1',
      typo: '@alice ma big V',
      wrong: [r`@alice ms big 1\r\n0\r\nmg big v`, '@alice ma big', '@alice ma visits D18446744073709551607 v'],
    },
  ],
  ignored: [
    {
      other: r`@bob ms page 5 z\r\nhello`,
      typo: '@alice mg pages z',
      wrong: ['@alice mg page x', '@alice mg other z', '@alice mgz page'],
    },
    {
      other: '@bob md page q q',
      typo: '@alice mg page z',
      wrong: ['@alice mg page v', '@alice mg other v v', '@alice mg page v t'],
    },
    {
      other: '@bob mg page a a a a a a a a a a a a a a a a a a a',
      typo: '@alice mg page c f x',
      wrong: ['@alice mg page v t f', '@alice mg other x c f h k l q s t u v C1 E1 N1 O1 R1 T1 L P'],
    },
    {
      other: r`@bob ms page 2 N600\r\nhi\r\nmg page v t`,
      typo: r`@alice ms page 5 T60\r\nhello`,
      wrong: [
        r`@alice ms page 5 T60\r\nhello\r\nmg page t`,
        '@alice mg page t',
        r`@alice ms other 5 N60\r\nhello\r\nmg other t`,
      ],
    },
  ],
  eviction: [
    {
      other: '@bob get hot0',
      typo: '@alice mg hot v',
      wrong: ['@alice mg hot0 u v', '@alice mg x v', '@alice mg cold0 v\n@alice mg hot0 v'],
    },
    {
      other: 'fill news: 3000 2000',
      typo: 'fill page: 3 4096',
      wrong: ['fill page: 100 4096', '@alice md hot0\nfill page: 1200 4096', '+1m'],
    },
    {
      other: '@bob get hot0\n@bob get cold0',
      typo: '@alice mg hot v',
      wrong: ['@alice mg hot0 v', '@alice mg cold0 v', '@alice mg page:1199 v\n@alice mg nothing v'],
    },
    {
      other: r`@bob set cold0 0 0 2\r\nhi`,
      typo: r`@alice ms colder 5\r\nhello`,
      wrong: [r`@alice ms warm 5\r\nhello`, '@alice mg cold0 v', '@alice mg hot0 v'],
    },
  ],
};
