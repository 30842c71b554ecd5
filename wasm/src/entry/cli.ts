#!/usr/bin/env node
// npx isocache: a memcached server. Its flags are memcached's.

import { run } from '../cli/run.js';

void run(process.argv.slice(2));
