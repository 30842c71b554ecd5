// The application that is run: it prints what the program gave.

import { readFileSync } from 'node:fs';

const source = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');

export const sources = {
  'program.mjs': source('program.mjs'),
  'main.mjs': `
    import * as isocache from 'isocache';
    import { program } from './program.mjs';
    console.log(JSON.stringify(await program(isocache)));`,
  'main.cjs': `
    const isocache = require('isocache');
    import('./program.mjs').then(async ({ program }) => console.log(JSON.stringify(await program(isocache))));`,
  'worker.mjs': source('worker.mjs'),
  'page.mjs': source('page.mjs'),
};
