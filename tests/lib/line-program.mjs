// A program that answers requests: both are lines of JSON, one line for one line.

import readline from 'node:readline';

import { exitOf, spawnBound } from './server.mjs';

const CALL_LIMIT_MS = 20_000;
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 10_000;

export class LineProgram {
  #waiting = null;
  #stderr = '';
  #ended = null;

  constructor(program, args, options = {}) {
    this.child = spawnBound(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
    this.child.stdin.on('error', () => {}); // it ended: the exit tells
    readline.createInterface(this.child.stdout).on('line', (line) => this.#settle('resolve', JSON.parse(line)));
    this.child.once('close', () => {
      this.#ended = new Error(`${program} ${args[0]} ended: ${this.#stderr}`);
      this.#settle('reject', this.#ended);
    });
  }

  #settle(how, result) {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (!waiting) return;
    clearTimeout(waiting.timer);
    waiting[how](result);
  }

  /** The next line that it says. */
  #answer(what, limitMs = CALL_LIMIT_MS) {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const complain = () => this.#settle('reject', new Error(`no answer to ${what}: ${this.#stderr}`));
      this.#waiting = { resolve, reject, timer: setTimeout(complain, limitMs) };
    });
  }

  /** What it says of itself before the first request, if it does. */
  hello() {
    return this.#answer('its start', START_LIMIT_MS);
  }

  /** Its answer to a request; fails when the program did. One call at a time. */
  call(...request) {
    const answer = this.#answer(request[0]);
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    return answer;
  }

  stop() {
    this.child.stdin.end();
    return exitOf(this.child, STOP_LIMIT_MS);
  }
}
