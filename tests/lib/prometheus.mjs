// A Prometheus that scrapes one server, for tests that ask it what a dashboard asks.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { eventually } from './eventually.mjs';
import { exitOf, freePort, spawnBound } from './server.mjs';

const PROGRAM = '/usr/bin/prometheus';
const START_LIMIT_MS = 30_000;

/** For `test(name, { skip: needPrometheus }, ...)`. */
export const needPrometheus = existsSync(PROGRAM) ? false : 'no Prometheus here';

class Prometheus {
  constructor(port) {
    this.port = port;
  }

  async #get(page, parameters = {}) {
    const url = `http://127.0.0.1:${this.port}/api/v1/${page}?${new URLSearchParams(parameters)}`;
    const answer = await (await fetch(url)).json();
    assert.equal(answer.status, 'success', `${url}: ${answer.error}`);
    return answer.data;
  }

  /** What a query answers: [{metric: {label: value}, value: [time, text]}]. */
  async query(expression) {
    return (await this.#get('query', { query: expression })).result;
  }

  /** Values of a label, as a dashboard's variable asks for them. */
  labelValues(label, selector) {
    return this.#get(`label/${label}/values`, { 'match[]': selector });
  }
}

/** Calls use(prometheus) while one scrapes 127.0.0.1:`port` each second, as job `job`. */
export async function withPrometheus({ port, job, user, password }, use) {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-prometheus-'));
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    scrape_configs: [
      {
        job_name: job,
        basic_auth: { username: user, password },
        static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      },
    ],
  };
  const file = path.join(folder, 'prometheus.yml');
  writeFileSync(file, JSON.stringify(configuration)); // JSON is YAML
  const prometheus = new Prometheus(await freePort());
  const child = spawnBound(
    PROGRAM,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${prometheus.port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  try {
    // Rates want two scrapes, and the changes of a third.
    const scrapes = () => prometheus.query('count_over_time(memcached_up[1m])').catch(() => []);
    const enough = async () => Number((await scrapes())[0]?.value[1]) >= 3;
    await eventually(enough, 'Prometheus has scraped three times', START_LIMIT_MS);
    return await use(prometheus);
  } finally {
    child.kill('SIGTERM');
    await exitOf(child, 10_000);
    rmSync(folder, { recursive: true, force: true });
  }
}
