// A client library of Python, called from here: requests and results are lines of JSON.

import { existsSync } from 'node:fs';

import { LineProgram } from './line-program.mjs';

const PYTHON = '/usr/bin/python3';

const SERVE = `
import json, sys
for line in sys.stdin:
    method, *arguments = json.loads(line)
    result = getattr(cache, method)(*arguments)
    print(json.dumps(result, default=bytes.decode), flush=True)
`;

/** For skip: why a test that needs this file of a package cannot run, or false. */
export const needPython = (file, name) => (existsSync(PYTHON) && existsSync(file) ? false : `no ${name} here`);

export class PythonCache extends LineProgram {
  /** `program` defines `cache`, whose methods take and give what JSON can say. */
  constructor(program) {
    super(PYTHON, ['-c', program + SERVE]);
  }
}
