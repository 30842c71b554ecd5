// The application that is run: it prints what the program gave.

import { readFileSync } from 'node:fs';

const source = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');

export const sources = {
  'program.mjs': source('program.mjs'),
  'main.mjs': `
    import * as isocache from 'isocache';
    import { program } from './program.mjs';
    console.log(JSON.stringify(await program(isocache, isocache)));`,
  'main.cjs': `
    const isocache = require('isocache');
    import('./program.mjs').then(async ({ program }) => console.log(JSON.stringify(await program(isocache, isocache))));`,
  'worker.mjs': source('worker.mjs'),
  'page.mjs': source('page.mjs'),
};

/** The same for bundlers that leave the package's files behind: there a tier has an entry point of its own. */
export const bundled = Object.fromEntries(
  Object.entries(sources).map(([name, code]) => [
    name,
    code
      .replace("import * as isocache from 'isocache';", "$&\nimport * as tiered from 'isocache/tier';")
      .replace("const isocache = require('isocache');", "$&\nconst tiered = require('isocache/tier');")
      .replace('program(isocache, isocache)', 'program(isocache, tiered)'),
  ]),
);
