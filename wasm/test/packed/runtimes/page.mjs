// The program in a page: shows what it gave.

import * as isocache from 'isocache';
import { program } from './program.mjs';

const output = document.createElement('output');
output.textContent = JSON.stringify(await program(isocache, isocache).catch(String));
document.body.append(output);
