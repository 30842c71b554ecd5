// Throughput, latency and CPU time over loopback: both servers up at once, loaded in turns.
import { groups } from './cases.mjs';
import { figures, fill, measureInTurns, middle, middleRatio } from './measure.mjs';
import { withBoth } from './servers.mjs';
import { count, fixed, print, times } from './table.mjs';

// User and system are sampled: their shares are right over all rounds, the sum is exact in each.
function cpuOf(runs) {
  const user = runs.reduce((sum, run) => sum + run.server_user_us, 0);
  const system = runs.reduce((sum, run) => sum + run.server_system_us, 0);
  const cpu = middle(runs, 'cpu');
  const split = [user, system].map((part) => fixed(2)((cpu * part) / (user + system)));
  return `${cpu.toFixed(2)} (${split.join(' + ')})`;
}

function speedRow(title, [theirs, ours], ratios) {
  const requests = [theirs, ours].map((runs) => count(middle(runs, 'requests')));
  return [title, cpuOf(theirs), cpuOf(ours), times(ratios.cpu), ...requests, times(ratios.requests)];
}

function latencyRow(title, both, ratios) {
  const latencies = ['p50', 'p99', 'p999'];
  const show = (runs) => latencies.map((figure) => fixed(0)(middle(runs, figure))).join(' / ');
  return [title, ...both.map(show), ...latencies.map((figure) => times(ratios[figure]))];
}

function printGroup(title, rounds, rows, markdown) {
  const pair = (what) => [`memcached ${what}`, `isocached ${what}`];
  print(
    `${title}: server CPU time a request, us (user + system), and requests a second; medians of ${rounds}`,
    ['', ...pair('CPU'), 'ratio', ...pair('req/s'), 'ratio'],
    rows.map((row) => speedRow(...row)),
    markdown,
  );
  print(
    `${title}: latency, us, p50 / p99 / p99.9; medians of ${rounds}`,
    ['', 'memcached', 'isocached', 'p50', 'p99', 'p99.9'],
    rows.map((row) => latencyRow(...row)),
    markdown,
  );
}

// { title: { requests, cpu, p50, p99, p999, cpuUs } }: each ours / theirs, but for cpuUs: [theirs, ours].
export async function wire({ rounds, seconds, quick, markdown, threads, match }) {
  const ratios = {};
  for (const { title, memoryMb, sizes, cases } of groups) {
    const wanted = cases.filter((one) => match.test(one.title) && (!quick || one.quick));
    if (wanted.length === 0) continue;
    const results = await withBoth({ threads, memoryMb }, async (servers) => {
      for (const server of servers) await fill(server, sizes);
      return measureInTurns(servers, wanted, { rounds, seconds });
    });
    for (const [i, one] of wanted.entries()) {
      const [theirs, ours] = results[i];
      ratios[one.title] = Object.fromEntries(
        Object.keys(figures).map((figure) => [figure, middleRatio(ours, theirs, figure)]),
      );
      ratios[one.title].cpuUs = [middle(theirs, 'cpu'), middle(ours, 'cpu')];
    }
    printGroup(
      title,
      rounds,
      wanted.map((one, i) => [one.title, results[i], ratios[one.title]]),
      markdown,
    );
  }
  return ratios;
}
