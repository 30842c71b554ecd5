// The lessons as people take them: found in the list and typed key by key, each with a typo, a wrong turn that is taken
// back, "Show me" and "Skip". What else people may try is in test/unit/lessons.test.mjs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { LESSONS } from '../../../build/web/unit/lessons/index.js';
import { stepsOfLines } from '../../../build/web/unit/lessons/run.js';
import { limit, needBrowser, until } from '../lib/browser.mjs';
import { composer, flat, place, reads } from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';
import { TRIES } from '../unit/lib/lesson-tries.mjs';

/** All lessons are taken on one page, which opens once. */
const ALL_LESSONS = { timeout: 2 * limit.timeout };

const lessons = await Promise.all(LESSONS.map(({ load }) => load()));

const list = (page) => page.getByRole('complementary', { name: 'Lessons' });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const tasks = (page) =>
  list(page)
    .getByRole('listitem')
    .filter({ has: page.locator('.task-body') });
const doneTasks = (page) => page.evaluate(() => document.querySelectorAll('.task-done').length);
const hasDone = (page, count) =>
  until(page, (wanted) => document.querySelectorAll('.task-done').length === wanted, count);

async function backToList(page) {
  if (await button(page, 'All lessons').count()) await button(page, 'All lessons').first().click();
}

async function open(page, { title }) {
  await backToList(page);
  await list(page).getByRole('button', { name: title }).click();
  await page.getByRole('heading', { name: title }).waitFor();
  await hasDone(page, 0);
}

/** Types lines of a tape and sends each; only the first line end in one is a key, the others are typed as `\r\n`. */
async function keys(page, lines) {
  await composer(page).focus();
  for (const line of lines.split('\n')) {
    const [request, ...value] = line.split(String.raw`\r\n`);
    await page.keyboard.type(request);
    if (value.length > 0) {
      await page.keyboard.press('Shift+Enter');
      await page.keyboard.type(value.join(String.raw`\r\n`));
    }
    await page.keyboard.press('Control+Enter');
  }
}

/** What does not do the task: it is said why, once all of it is on the tape. */
async function inVain(page, lines, task) {
  const { of } = await place(page);
  await keys(page, lines);
  await until(
    page,
    (all) => document.querySelector('.place').textContent.endsWith(` ${all}`),
    of + stepsOfLines(lines).length,
  );
  await reads(tasks(page), /Not yet: /);
  assert.equal(await doneTasks(page), task, `this is not enough: ${lines}`);
}

async function backToTask(page, task) {
  const { of } = await place(page);
  await button(page, 'Back to this task').click();
  await until(page, (before) => Number(/\d+$/.exec(document.querySelector('.place').textContent)) < before, of);
  await hasDone(page, task);
}

async function byKeys(page, lesson) {
  await open(page, lesson);
  for (const [task, { solution, say, done }] of lesson.tasks.entries()) {
    const { typo, wrong } = TRIES[lesson.id][task];
    await reads(tasks(page), flat(say.replaceAll('`', '')));
    if (task === 0) {
      await inVain(page, typo, task);
      // Any store changes the numbers that the solution has been written with.
      if (/C\d/.test(solution)) await backToTask(page, task);
    }
    if (task === lesson.tasks.length - 1) {
      await inVain(page, wrong[0], task);
      await backToTask(page, task);
    }
    await keys(page, solution);
    await hasDone(page, task + 1);
    await reads(tasks(page), flat(done.replaceAll('`', '')));
  }
  await reads(list(page), /Done\./);
}

describe('lessons', { skip: needBrowser, concurrency: 1 }, () => {
  test('by keys, with typos and wrong turns', ALL_LESSONS, (context) =>
    withTape(['mn'], async (page) => {
      for (const lesson of lessons) await context.test(lesson.title, limit, () => byKeys(page, lesson));
      await backToList(page);
      await reads(list(page), `${lessons.length} of ${lessons.length} done`);
    }),
  );

  // A slow machine answers after the half second in which a page may move what it likes: nobody presses a key here.
  test('what is answered late moves nothing', limit, () =>
    withTape(['mn'], async (page) => {
      const lesson = lessons.find(({ id }) => id === 'leases');
      await list(page).getByRole('button', { name: lesson.title }).dispatchEvent('click');
      await page.getByRole('heading', { name: lesson.title }).waitFor();
      await composer(page).fill(TRIES[lesson.id][0].typo.replace('@alice ', ''));
      await button(page, 'Send (Enter)').dispatchEvent('click');
      await reads(tasks(page), /Not yet: /);
      for (const [task] of lesson.tasks.entries()) {
        await button(page, 'Show me').dispatchEvent('click');
        await hasDone(page, task + 1);
      }
    }),
  );

  test('show me, skip, and where one goes on after the page was closed', limit, () =>
    withTape(['mn'], async (page) => {
      const [lesson] = lessons;
      await open(page, lesson);
      await button(page, 'Show me').click();
      await hasDone(page, 1);
      await button(page, 'Skip').click();
      await hasDone(page, 2);
      const { of } = await place(page);
      assert.equal(
        of,
        stepsOfLines([lesson.setup, ...lesson.tasks.slice(0, 2).map(({ solution }) => solution)].join('\n')).length,
      );
      await backToList(page);
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
