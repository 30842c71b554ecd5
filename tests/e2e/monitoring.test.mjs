// The dashboard and the alerts that are installed with isocached: they ask for what /metrics has.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { withClient } from '../lib/client.mjs';
import { needPromtool, promtool } from '../lib/metrics.mjs';
import { METRICS } from '../lib/page.mjs';
import { needPrometheus, withPrometheus } from '../lib/prometheus.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const limit = { timeout: 90_000 };
const fileOf = (name) => new URL(`../../native/packaging/monitoring/${name}`, import.meta.url).pathname;
const read = (name) => readFileSync(fileOf(name), 'utf8');

const JOB = 'isocache';
const WIDTH = 24;

const dashboard = JSON.parse(read('dashboard.json'));
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
/** [{title, query, legend}] of each question that a panel asks. */
const questions = panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat }) => ({ title, query: filledIn(expr), legend: legendFormat })),
);

/** An expression as Grafana sends it, for all jobs and servers and a range of a few scrapes. */
function filledIn(expression) {
  const text = expression.replace(/\$(job|instance)/g, '.+').replaceAll('$__rate_interval', '1m');
  assert.doesNotMatch(text, /\$/, expression);
  return text;
}

const alerts = [...read('alerts.yml').matchAll(/- alert: (\w+)\n\s+expr: (?:>-)?([\s\S]*?)\n\s+(?:for|labels):/g)].map(
  ([, name, expression]) => ({ name, expression }),
);
/** What an alert looks at: memcached_up, isocache_logins_total{result="refused"}. */
const selectorsOf = (expression) => expression.match(/\b(?:memcached|isocache)_\w+(?:\{[^}]*\})?|\bup\{[^}]*\}/g);

/** A server with everything on that has figures of its own, after some of everything. */
async function withBusyServer(use) {
  const certificates = new Certificates();
  const users = certificates.file('users');
  writeFileSync(users, 'ann:secret\n');
  const args = ['--http', 'notls:127.0.0.1:0', '--prefix-metrics', '10', '-Y', users, '-t', '2'];
  args.push(...certificates.serverArgs(certificates.issue('server')));
  args.push('-o', `ext_path=${path.join(certificates.folder, 'flash')}:256m`);
  await withServer(startIsocached, args, async (server) => {
    server.tls = certificates.clientOptions();
    await withClient(server, async (client) => {
      await client.send('set any 0 0 10\r\nann secret\r\n');
      assert.equal(await client.readLine(), 'STORED\r\n');
      await client.ask('set user:1 0 0 1\r\nx\r\nget user:1 user:2 page:1\r\nincr user:2 1\r\ndelete page:1\r\n');
    });
    await use(server);
  });
}

describe('monitoring', { skip: needIsocached, concurrency: 1 }, () => {
  test(
    'what the dashboard asks for is there, with the labels that it shows; so is what alerts look at',
    {
      ...limit,
      skip: needPrometheus || needOpenssl,
    },
    () =>
      withBusyServer((server) =>
        withPrometheus({ port: server.httpPort, job: JOB, user: 'ann', password: 'secret' }, async (prometheus) => {
          assert.ok(questions.length > 40);
          for (const { title, query, legend } of questions) {
            const rows = await prometheus.query(query);
            assert.ok(rows.length > 0, `${title}: no data of ${query}`);
            for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g))
              assert.ok(rows[0].metric[label], `${title}: ${query} has no label ${label}`);
          }
          for (const { name, expression } of alerts) {
            for (const selector of selectorsOf(expression))
              assert.ok((await prometheus.query(selector)).length > 0, `${name}: no ${selector}`);
          }
          for (const { definition } of dashboard.templating.list.filter(({ type }) => type === 'query')) {
            const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(filledIn(definition));
            const expected = { job: JOB, instance: `127.0.0.1:${server.httpPort}` }[label];
            assert.deepEqual(await prometheus.labelValues(label, selector), [expected]);
          }
        }),
      ),
  );

  test('the panels of the dashboard have ids of their own, and none covers another', limit, () => {
    const ids = dashboard.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const taken = new Set();
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= WIDTH, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; ++x) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; ++y) {
          assert.ok(!taken.has(`${x},${y}`), `${title} lies on another panel`);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  test('promtool takes the rules, and each alert fires when it should, and only then', {
    ...limit,
    skip: needPromtool,
  }, async () => {
    const checked = await promtool(['check', 'rules', fileOf('alerts.yml')]);
    assert.equal(checked.code, 0, checked.output);
    assert.match(checked.output, new RegExp(`SUCCESS: ${alerts.length} rules found`));
    const tested = await promtool(['test', 'rules', fileOf('alerts_test.yml')]);
    assert.equal(tested.code, 0, tested.output);
    const cases = read('alerts_test.yml').split(/^ {2}- name: /m);
    const [, quiet, loud] = cases;
    for (const { name } of alerts) {
      assert.ok(quiet.includes(`alertname: ${name} }`), `${name} has no test of when it is quiet`);
      assert.match(loud, new RegExp(`alertname: ${name}\\n +exp_alerts:`), `${name} is never tested`);
    }
  });

  test('the page names each alert', limit, () => {
    const named = [...readFileSync(METRICS, 'utf8').matchAll(/`(Isocache\w+)`/g)].map(([, name]) => name);
    assert.deepEqual(
      named,
      alerts.map(({ name }) => name),
    );
  });
});
