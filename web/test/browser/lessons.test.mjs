// The lessons as people take them: found in the list, typed line by line, with typos, wrong turns, "Show me" and
// "Skip".

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { LESSONS } from '../../../build/web/unit/lessons/index.js';
import { stepsOfLines } from '../../../build/web/unit/lessons/run.js';
import { limit, needBrowser, until } from '../lib/browser.mjs';
import { flat, place, reads, send } from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';
import { TRIES } from '../unit/lib/lesson-tries.mjs';

const lessons = await Promise.all(LESSONS.map(({ load }) => load()));

const list = (page) => page.getByRole('complementary', { name: 'Lessons' });
const tasks = (page) =>
  list(page)
    .getByRole('listitem')
    .filter({ has: page.locator('.task-body') });
const doneTasks = (page) => page.evaluate(() => document.querySelectorAll('.task-done').length);
const hasDone = (page, count) =>
  until(page, (wanted) => document.querySelectorAll('.task-done').length === wanted, count);

/** Lines of a tape as a person types them; only the first line end in each, the others as they are written there. */
const typed = (lines) => lines.split('\n').map((line) => line.replace(/\\r\\n/, '\n'));

async function open(page, { title }) {
  await list(page).getByRole('button', { name: title }).click();
  await page.getByRole('heading', { name: title }).waitFor();
  await hasDone(page, 0);
}

async function tryOut(page, lines) {
  await send(page, ...typed(lines));
}

describe('lessons', { skip: needBrowser, concurrency: 1 }, () => {
  for (const lesson of lessons) {
    test(`${lesson.title}: by hand, each task with a typo first`, limit, () =>
      withTape(['mn'], async (page) => {
        await open(page, lesson);
        for (const [task, { solution, say, done }] of lesson.tasks.entries()) {
          await reads(tasks(page), flat(say.replaceAll('`', '')));
          await tryOut(page, TRIES[lesson.id][task].typo);
          assert.equal(await doneTasks(page), task, `a typo is not enough: ${TRIES[lesson.id][task].typo}`);
          // Any store changes the numbers that the solution has been written with.
          if (/C\d/.test(solution)) await page.getByRole('button', { name: 'Back to this task' }).click();
          await tryOut(page, solution);
          await hasDone(page, task + 1);
          await reads(tasks(page), flat(done.replaceAll('`', '')));
        }
        await reads(list(page), /Done\./);
      }),
    );

    test(`${lesson.title}: another way, and wrong turns that are taken back`, limit, () =>
      withTape(['mn'], async (page) => {
        await open(page, lesson);
        for (const [task] of lesson.tasks.entries()) {
          const { wrong, other } = TRIES[lesson.id][task];
          await tryOut(page, wrong[0]);
          assert.equal(await doneTasks(page), task, `wrong: ${wrong[0]}`);
          await page.getByRole('button', { name: 'Back to this task' }).click();
          await hasDone(page, task);
          await tryOut(page, other);
          await hasDone(page, task + 1);
        }
      }),
    );
  }

  test('show me, skip, and where one goes on after the page was closed', limit, () =>
    withTape(['mn'], async (page) => {
      const [lesson] = lessons;
      await open(page, lesson);
      await page.getByRole('button', { name: 'Show me' }).click();
      await hasDone(page, 1);
      await page.getByRole('button', { name: 'Skip' }).click();
      await hasDone(page, 2);
      const { of } = await place(page);
      assert.equal(
        of,
        stepsOfLines([lesson.setup, ...lesson.tasks.slice(0, 2).map(({ solution }) => solution)].join('\n')).length,
      );
      await page.getByRole('button', { name: 'All lessons' }).click();
      await reads(list(page), /2 of 4/);
      const fold = page.getByRole('banner').getByRole('button', { name: 'Lessons' });
      await fold.click();
      await page.reload();
      await list(page).waitFor({ state: 'hidden' });
      await fold.click();
      await list(page).getByRole('button', { name: lesson.title }).click();
      await hasDone(page, 2);
    }),
  );
});
