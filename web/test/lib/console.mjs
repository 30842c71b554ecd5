// The console as a person uses it: commands are typed, replies read, by roles and names.

import { until } from './browser.mjs';

export const composer = (page) => page.getByRole('textbox', { name: 'Command', exact: true });
export const ghost = (page) => page.locator('#ghost-console');
export const statusLine = (page) => page.getByRole('status');
export const transcript = (page) => page.getByRole('log', { name: 'Exchanges' });
export const steps = (page) => transcript(page).getByRole('article');
export const track = (page) => page.getByRole('listbox', { name: 'Steps of the tape' });
export const ticks = (page) => track(page).getByRole('option', { name: /^Step \d/ });

/** Text without line breaks and double or unbreakable spaces: what is read, not how it is laid out. */
export const flat = (text) => text.replace(/\s+/g, ' ').trim();

/** The engine is loaded: the ghost line says what to do. */
export async function ready(page) {
  await until(
    page,
    () => performance.getEntriesByName('interactive').length > 0 && document.querySelector('#ghost-console') !== null,
  );
}

/** Longer lines are pasted, as a person would do. */
const MOST_TYPED = 100;

/** Types into the command input, key by key, in place of what is there. A line end is Shift+Enter. */
export async function type(page, text) {
  await composer(page).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  for (const [index, line] of text.split('\n').entries()) {
    if (index > 0) await page.keyboard.press('Shift+Enter');
    if (line.length > MOST_TYPED) await page.keyboard.insertText(line);
    else if (line) await page.keyboard.type(line);
  }
}

/** How many steps the tape has, and after how many of them the page is: "3 / 7". */
export async function place(page) {
  const [at, of] = (await page.locator('.place').textContent()).match(/\d+/g).map(Number);
  return { at, of };
}

/** Sends commands, each of which is one step, and waits until the page is behind each. */
export async function send(page, ...commands) {
  for (const command of commands) {
    const { at } = await place(page);
    await type(page, command);
    await page.keyboard.press('Control+Enter');
    await until(page, (most) => Number(/\d+/.exec(document.querySelector('.place').textContent)) > most, at);
  }
}

/** The last exchange on the page as { request, reply, effect }. */
export async function last(page) {
  const step = steps(page).last();
  const read = async (part) => {
    const found = step.locator(part);
    return (await found.count()) > 0 ? flat(await found.first().innerText()) : undefined;
  };
  return { request: await read('.request-text'), reply: await read('.exchange-reply'), effect: await read('.effect') };
}

/** Waits until an element of `locator` reads like that. A space in the pattern is any space, also unbreakable. */
export const reads = (locator, pattern) => {
  const source = pattern.source ?? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const hasText = new RegExp(source.replaceAll(' ', '\\s+'), pattern.flags);
  return locator.filter({ hasText }).first().waitFor();
};

export async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}
