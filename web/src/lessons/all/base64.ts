import { answered, HAS_VALUE } from '../checks.js';
import type { Lesson } from '../lesson.js';

export const lesson: Lesson = {
  id: 'base64',
  title: 'Keys of any bytes: b',
  minutes: 3,
  text: [
    'A key ends at the next space, so it cannot hold one, nor a line end. If a program builds keys from what people type, somebody will type a space, and the rest of it is read as flags.',
    'With the flag `b` the key is written in base64, an alphabet of 64 harmless letters, and stands for the bytes behind it. `bXkgcGFnZQ==` is `my page`, and `Zm9v` is `foo`.',
  ],
  setup: '',
  tasks: [
    {
      say: 'Store something under the key `my page`, with the space.',
      hint: '`ms bXkgcGFnZQ== 2 b`, then `hi`.',
      solution: String.raw`@alice ms bXkgcGFnZQ== 2 b\r\nhi`,
      done: 'The store has the real key: seven bytes, one of them a space.',
      check: (look) => !!look.item('my page')?.value,
    },
    {
      say: 'Read it so that the reply names the key.',
      hint: '`mg bXkgcGFnZQ== b k v`',
      solution: '@alice mg bXkgcGFnZQ== b k v',
      done: 'The key comes back in base64, with a `b` that says so.',
      check: (look) => {
        const value = look.item('my page')?.value ?? '';
        return answered(look, 'my page', { code: HAS_VALUE, value, flags: ['kbXkgcGFnZQ==', 'b'] });
      },
    },
    {
      say: 'It is the same key however it is written. Store something under `Zm9v` with `b`, and read it by its plain name with `get`.',
      hint: '`ms Zm9v 2 b`, then `hi`; then `get foo`.',
      solution: String.raw`@alice ms Zm9v 2 b\r\nhi
@alice get foo`,
      done: '`foo` and base64 `Zm9v` are one item. It only remembers how its key came.',
      check: (look) => {
        const foo = look.item('foo');
        return foo?.binaryKey === true && answered(look, 'foo', { code: /^VALUE foo /, value: foo.value });
      },
    },
  ],
};
