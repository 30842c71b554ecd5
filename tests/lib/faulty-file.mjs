// Faults of -o ext_path: faulty_file.c, compiled and preloaded, and what it is told.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('faulty_file.c', import.meta.url));
const PAGE = 4096;
const TEXT = 512;

const compiler = ['cc', 'gcc', 'clang-16'].find((name) => spawnSync(name, ['--version']).status === 0);
/** For `test(name, { skip: needCompiler }, ...)`. */
export const needCompiler = compiler === undefined && 'no C compiler';

export class FaultyFile {
  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'isocache-faulty-'));
    this.control = path.join(this.folder, 'control');
    const shim = path.join(this.folder, 'faulty_file.so');
    const { status, stderr } = spawnSync(compiler, ['-shared', '-fPIC', '-O1', '-o', shim, SOURCE, '-ldl']);
    assert.equal(status, 0, String(stderr));
    writeFileSync(this.control, Buffer.alloc(PAGE));
    this.env = { LD_PRELOAD: shim, FAULTY_FILE: this.control };
  }

  /** `kind` as in faulty_file.c, or 'ok'; one of `every` calls gets it. */
  set({ read = 'ok', write = 'ok', every = 1, limitMs = 0 } = {}) {
    const text = Buffer.alloc(TEXT);
    text.write(`read ${read} ${every} ${limitMs} write ${write} ${every} ${limitMs}`);
    const file = openSync(this.control, 'r+');
    writeSync(file, text, 0, TEXT, 0);
    closeSync(file);
  }

  /** Calls, and calls that got a fault, of all servers since the last reset. */
  counts() {
    const bytes = readFileSync(this.control);
    const [reads, readFaults, writes, writeFaults] = [0, 1, 2, 3].map((n) =>
      Number(bytes.readBigUInt64LE(TEXT + 8 * n)),
    );
    return { reads, readFaults, writes, writeFaults };
  }

  reset() {
    this.set();
    const file = openSync(this.control, 'r+');
    writeSync(file, Buffer.alloc(32), 0, 32, TEXT);
    closeSync(file);
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
