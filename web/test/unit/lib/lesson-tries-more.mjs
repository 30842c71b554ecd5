// Of the later lessons; see lesson-tries.mjs.

const r = String.raw;

export const MORE_TRIES = {
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
        r`@alice ms month 2\r\nhi\r\nmd month\r\nmg month v`,
        r`@alice ms month 2 T-1\r\nhi\r\nmg month v`,
        r`@alice ms month 2 T1\r\nhi
+2s
@alice mg month v`,
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
      wrong: [
        r`@bob ms stock 2\r\n10`,
        r`@bob ms stocks 1\r\n9`,
        r`@alice ms stock 1\r\n9`,
        r`@alice ms stock 1\r\n9
@bob mg stock v`,
      ],
    },
    {
      other: r`@alice cas stock 0 0 1 2\r\n9`,
      typo: r`@alice ms stock 1 C\r\n9`,
      wrong: [
        r`@alice ms stock 1\r\n9`,
        r`@alice ms stock 1 C3\r\n9`,
        r`@bob ms stock 1 C2\r\n9`,
        r`@alice ms stock 1 C999\r\n9`,
        '@alice md stock C2',
        '@alice md stock C999',
        r`@alice mg stock v c`,
      ],
    },
    {
      other: r`@alice gets stock\r\ncas stock 0 0 1 3\r\n8`,
      typo: r`@alice ms stock 1 C2\r\n8`,
      wrong: [
        '@alice mg stock v c',
        r`@alice ms stock 1 C2\r\n8`,
        r`@alice ms stocks 1\r\n8`,
        r`@alice ms stock 1\r\n8`,
        r`@bob ms stock 1 C3\r\n8`,
        '@alice decr stock 1',
      ],
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
      wrong: [
        r`@alice ms log 2 MP\r\nb,`,
        r`@alice ms logs 2 MA N0\r\nb,`,
        r`@alice ms log 2\r\nb,`,
        r`@alice ms log 4\r\na,b,`,
      ],
    },
    {
      other: r`@bob set visits 0 0 1\r\n1`,
      typo: '@alice ma visits J1 v',
      wrong: ['@alice ma visits N0 v', '@alice ma visit N0 J1 v', '@alice ma visits'],
    },
    {
      other: '@bob incr visits 9',
      typo: '@alice ma visits 9 v',
      wrong: ['@alice ma visits D8', '@alice ma visits v', '@bob ma big D9', r`@alice ms visits 2\r\n10`],
    },
    {
      other: '@bob decr visits 1\n@bob gets visits',
      typo: '@alice ma visits MX',
      wrong: [
        r`@alice ms visits 1\r\n9\r\nget visits`,
        '@alice ma visits MD v',
        '@alice get visits',
        r`@alice ms visits 2\r\n9 \r\nget visits`,
      ],
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
        r`@alice ms page 5\r\nhello\r\nmg page t`,
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
      other: 'fill news: 3000 4096',
      typo: 'fill page: 3 4096',
      wrong: [
        'fill page: 100 4096',
        '@alice md hot0\nfill page: 1200 4096',
        '+1m',
        '@alice md cold0\nfill page: 1200 4096',
        'fill news: 3000 2000',
      ],
    },
    {
      other: '@bob get hot0\n@bob get cold0',
      typo: '@alice mg hot v',
      wrong: [
        '@alice mg hot0 v',
        '@alice mg cold0 v',
        '@alice mg page:1199 v\n@alice mg nothing v',
        r`@alice mg hot0
@alice ms cold0 1\r\nx
@alice md cold0
@alice mg cold0`,
      ],
    },
    {
      other: r`@bob set cold0 0 0 2\r\nhi`,
      typo: r`@alice ms colder 5\r\nhello`,
      wrong: [r`@alice ms warm 5\r\nhello`, '@alice mg cold0 v', '@alice mg hot0 v'],
    },
  ],
};
