// The lessons, as people may take them: lib/lesson-tries.mjs has what they try.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { LESSONS } from '../../../build/web/unit/lessons/index.js';
import { firstSteps, LessonRun, stepsOfLines } from '../../../build/web/unit/lessons/run.js';
import { MAX_CLIENTS } from '../../../build/web/unit/tape/limits.js';
import { TRIES } from './lib/lesson-tries.mjs';

const lessons = await Promise.all(LESSONS.map(({ load }) => load()));

test('the list says what each lesson says of itself', () => {
  for (const [i, { id, title, minutes, tasks }] of LESSONS.entries()) {
    const lesson = lessons[i];
    assert.deepEqual([id, title, minutes, tasks], [lesson.id, lesson.title, lesson.minutes, lesson.tasks.length]);
  }
  assert.equal(LESSONS.length, 15);
  assert.equal(new Set(LESSONS.map(({ id }) => id)).size, LESSONS.length);
  assert.deepEqual(Object.keys(TRIES).sort(), LESSONS.map(({ id }) => id).sort());
});

test('a lesson takes 2 to 5 minutes, has 2 to 5 tasks, and says everything that the page shows', () => {
  for (const { id, minutes, tasks, text } of lessons) {
    assert.ok(minutes >= 2 && minutes <= 5, id);
    assert.ok(tasks.length >= 2 && tasks.length <= 5, id);
    const sentences = [...text, ...tasks.flatMap(({ say, hint, done }) => [say, hint, done])];
    for (const sentence of sentences) {
      assert.match(sentence, /[.?!]$|`$/, `${id}: ${sentence}`);
      assert.equal(sentence.split('`').length % 2, 1, `${id}: a backtick is missing in "${sentence}"`);
    }
  }
});

for (const lesson of lessons) {
  describe(lesson.title, () => {
    let run;
    before(async () => {
      run = await LessonRun.open(lesson);
    });
    after(() => run.close());
    const doneAfter = (tasksDone, ...lines) =>
      run.follow([...firstSteps(lesson, tasksDone), ...lines.flatMap(stepsOfLines)]).done;

    test('each solution does its task and no more', () => {
      for (let tasks = 0; tasks <= lesson.tasks.length; ++tasks) assert.equal(doneAfter(tasks), tasks, `task ${tasks}`);
      const { doneAt } = run.follow(firstSteps(lesson, lesson.tasks.length));
      assert.equal(doneAt.at(-1), firstSteps(lesson, lesson.tasks.length).length, 'the last step does the last task');
      const clients = new Set(firstSteps(lesson, lesson.tasks.length).map(({ client }) => client));
      assert.ok(clients.size <= MAX_CLIENTS);
    });

    for (const [task, { solution, say }] of lesson.tasks.entries()) {
      const { other, typo, wrong } = TRIES[lesson.id][task];
      test(say, () => {
        assert.equal(doneAfter(task, other), task + 1, `another way: ${other}`);
        assert.equal(doneAfter(task, typo), task, `a typo: ${typo}`);
        assert.equal(doneAfter(task, typo, solution), task + 1, `a typo, then the right thing: ${typo}`);
        for (const lines of wrong) assert.equal(doneAfter(task, lines), task, `wrong: ${lines}`);
      });
    }

    test('what was done before stays done, whatever follows', () => {
      assert.equal(doneAfter(lesson.tasks.length, '@dave flush_all', '+30d'), lesson.tasks.length);
    });
  });
}

test('a tape that was changed is followed from the change on, as if it had always been so', async () => {
  const lesson = lessons.find(({ id }) => id === 'leases');
  const run = await LessonRun.open(lesson);
  const all = firstSteps(lesson, 5);
  for (let length = 0; length <= all.length; ++length) run.follow(all.slice(0, length));
  assert.deepEqual(run.follow(all), { done: 5, doneAt: [1, 2, 3, 4, 5] });
  const [bobFirst] = stepsOfLines('@bob mg page v N30');
  assert.equal(run.follow([bobFirst, ...all.slice(1)]).done, 0);
  assert.equal(run.follow(all.slice(0, 2)).done, 2);
  assert.equal(run.follow(all.with(2, bobFirst)).done, 2);
  assert.equal(run.follow(all).done, 5);
  run.close();
});

test('a tape that cannot run in parts is followed all the same', async () => {
  const run = await LessonRun.open(lessons[0]);
  const steps = [
    ...firstSteps(lessons[0]),
    ...stepsOfLines('@alice quit\n@alice mg color'),
    ...Array(40).fill({ kind: 'wait', seconds: 3650 * 86_400 }),
    ...stepsOfLines('@bob mg color'),
  ];
  assert.equal(run.follow(steps).done, 1);
  const huge = { kind: 'fill', prefix: 'x', count: 100_000, valueBytes: 500_000 };
  const begun = performance.now();
  assert.equal(run.follow([...firstSteps(lessons[0]), huge, ...stepsOfLines('@alice mg color')]).done, 1);
  assert.ok(performance.now() - begun < 5000, 'nobody waits for what the player does not run');
  assert.deepEqual(run.follow([]), { done: 0, doneAt: [] });
  run.close();
});

test('why a task is not done, where that is plain', async () => {
  const why = async (id, tasksDone, lines) => {
    const lesson = lessons.find((each) => each.id === id);
    const run = await LessonRun.open(lesson);
    const followed = run.follow([...firstSteps(lesson, tasksDone), ...stepsOfLines(lines)]);
    run.close();
    assert.equal(followed.done, tasksDone, lines);
    return followed.why;
  };
  const r = String.raw;
  assert.equal(await why('leases', 0, ''), undefined);
  assert.equal(await why('leases', 0, '@bob mg page v N30'), 'Bob spoke, and this is for Alice to do');
  assert.equal(await why('leases', 0, '@alice mg pages v N30'), 'that named `pages`, and this is about `page`');
  assert.equal(await why('leases', 0, '@alice mn'), 'that named no key, and this is about `page`');
  assert.equal(await why('leases', 0, '@alice mg page z'), 'it was refused: `CLIENT_ERROR invalid flag`');
  assert.match(await why('quiet', 2, '@alice ms d 4 q'), /not finished/);
  assert.equal(await why('quiet', 0, '@alice mg b v'), 'it was answered: `EN`');
  assert.equal(await why('quiet', 3, r`@alice ms a 3 ME\r\nnew`), 'the flag `q` was not sent');
  assert.match(await why('cas', 2, r`@alice ms stock 1\r\n9`), /without the number/);
  assert.match(await why('cas', 2, r`@alice ms stock 1 C999\r\n9`), /not the number/);
  assert.match(await why('cas', 3, r`@alice ms stock 1\r\n8`), /nobody looked/);
  assert.match(await why('early', 2, r`@alice ms page 5 T60\r\nworld\r\nmg page v`), /`R30`/);
  assert.match(await why('counters', 2, r`@alice ms visits 2\r\n10`), /let the server count/);
  assert.match(await why('state-before', 4, '@alice mg news v'), /as read/);
  assert.match(await why('eviction', 1, 'fill page: 10 4096'), /nothing had to go/);
  assert.match(await why('eviction', 1, 'fill news: 3000 2000'), /`cold0` is still there/);
});
