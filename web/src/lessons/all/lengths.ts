import { answered } from '../checks.js';
import type { Lesson } from '../lesson.js';

export const lesson: Lesson = {
  id: 'lengths',
  title: 'The length comes first',
  minutes: 3,
  text: [
    'To store a value you say first how long it is: `ms greeting 5`, and `hello` on the next line. The server counts bytes. It does not look for the end of the value, so a value may hold anything: pictures, line ends, even text that looks like commands.',
    'The price: if length and value do not agree, the server takes the rest for commands. This page fills in the length for you unless you type one.',
  ],
  setup: '',
  tasks: [
    {
      say: 'Store `hello` under `greeting`.',
      hint: '`ms greeting 5`, then `hello` on the next line.',
      solution: String.raw`@alice ms greeting 5\r\nhello`,
      key: 'greeting',
      done: 'It is stored: `ms` says `HD`, the old `set` says `STORED`.',
      check: (look) => look.item('greeting')?.value === 'hello',
    },
    {
      say: 'Store two lines under `poem`, as one value.',
      hint: '`ms poem`, then `one`, Shift+Enter, `two`. The line end inside is one byte here, so the length is 3 + 1 + 3 = 7.',
      solution: String.raw`@alice ms poem 7\r\none\ntwo`,
      key: 'poem',
      done: 'The line end inside is a part of the value, since the length says so.',
      check: (look) => /[^\s]\r?\n[^\s]/.test(look.item('poem')?.value ?? ''),
    },
    {
      say: 'Now lie: announce 2 bytes for `greeting`, and send `hello`.',
      hint: '`ms greeting 2`, then `hello`: type the 2 yourself, and the page leaves it alone.',
      solution: String.raw`@alice ms greeting 2\r\nhello`,
      done: 'Two errors: `bad data chunk` for the value, and one more for the rest, which was read as a command. The old value is still there.',
      check: (look) =>
        answered(look, 'greeting', { code: /^CLIENT_ERROR bad data chunk/ }) &&
        look.item('greeting')?.value === 'hello',
    },
    {
      say: 'Bytes are not letters. Store the one letter `é` under `letter`: it has 2 bytes.',
      hint: '`ms letter 2`, then `é`.',
      solution: String.raw`@alice ms letter 2\r\n\xc3\xa9`,
      key: 'letter',
      done: 'Two bytes, one letter. Programs that send the number of letters work until somebody’s name has an accent.',
      check: (look) => look.item('letter')?.value === 'é',
    },
  ],
};
