// A client library of Python, called from here: requests and results are lines of JSON.

import { existsSync } from 'node:fs';
import readline from 'node:readline';

import { exitOf, spawnBound } from './server.mjs';

const PYTHON = '/usr/bin/python3';
const CALL_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

const SERVE = `
import json, sys
for line in sys.stdin:
    method, *arguments = json.loads(line)
    result = getattr(cache, method)(*arguments)
    print(json.dumps(result, default=bytes.decode), flush=True)
`;

/** For skip: why a test that needs this file of a package cannot run, or false. */
export const needPython = (file, name) => (existsSync(PYTHON) && existsSync(file) ? false : `no ${name} here`);

export class PythonCache {
  #waiting = null;
  #stderr = '';

  /** `program` defines `cache`, whose methods take and give what JSON can say. */
  constructor(program) {
    this.child = spawnBound(PYTHON, ['-c', program + SERVE], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
    this.child.stdin.on('error', () => {}); // it ended: the exit tells
    readline.createInterface(this.child.stdout).on('line', (line) => this.#settle('resolve', JSON.parse(line)));
    this.child.once('close', () => this.#settle('reject', new Error(`Python ended: ${this.#stderr}`)));
  }

  #settle(how, result) {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (!waiting) return;
    clearTimeout(waiting.timer);
    waiting[how](result);
  }

  /** Calls a method of `cache`; fails when Python did. One call at a time. */
  call(...request) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle('reject', new Error(`no answer to ${request[0]}`)), CALL_LIMIT_MS);
      this.#waiting = { resolve, reject, timer };
      this.child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  stop() {
    this.child.stdin.end();
    return exitOf(this.child, STOP_LIMIT_MS);
  }
}
