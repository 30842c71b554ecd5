// The longest single operation, in process: while the store grows from empty, and while it evicts.
import { runProgram } from '../../lib/server.mjs';
import { programPath } from './programs.mjs';
import { count, fixed, print } from './table.mjs';

const limitMs = 10 * 60_000;

const microseconds = (ns) => fixed(1)(ns / 1000);

// { longestMs }
export async function stalls({ quick, markdown, match }) {
  const cases = ['stall/growing', 'stall/evicting'].filter((name) => match.test(name));
  if (cases.length === 0) return {};
  const { code, stdout, stderr } = await runProgram(
    programPath('isocache_bench'),
    [`--items=${quick ? 20_000 : 10_000_000}`, `--benchmark_filter=${cases.join('|')}`, '--benchmark_format=json'],
    { limitMs },
  );
  if (code !== 0) throw new Error(`isocache_bench: ${stderr}`);
  const runs = JSON.parse(stdout).benchmarks;
  const rows = runs.map((run) => [
    run.name.split('/')[1],
    count(Number(run.name.split('/')[2])),
    ...[run.p50_ns, run.p9999_ns, run.max_ns].map(microseconds),
  ]);
  print('A single operation in process, us', ['', 'operations', 'p50', 'p99.99', 'longest'], rows, markdown);
  return { longestMs: Math.max(...runs.map((run) => run.max_ns)) / 1e6 };
}
