// Store and sessions in process: no sockets, no threads. One program, run natively and as wasm in turns.
import { runProgram } from '../../lib/server.mjs';
import { programPath, run, runWasm, wasmPath } from './programs.mjs';
import { count, fixed, median, print, times } from './table.mjs';

const program = 'isocache_micro';
const inCache = 100_000;
const inMemory = 10_000_000;

// { case: CPU ns an operation }. The program fails if a case does not do what its name says.
async function measure(runOne, items, seconds, cases) {
  const lines = await runOne(program, { items, seconds }, cases);
  return Object.fromEntries(lines.map((line) => [line.case, line.cpu_ns]));
}

// A round of each in turn: [runner][round].
async function inTurns(runners, rounds, items, seconds, cases) {
  const results = runners.map(() => []);
  for (let round = 0; round < rounds; ++round) {
    const order = [...runners.keys()];
    if (round % 2 === 1) order.reverse();
    for (const at of order) results[at].push(await measure(runners[at], items, seconds, cases));
  }
  return results;
}

const middleOf = (runs, name) => median(runs.map((run) => run[name]));

// { case: wasm / native }
async function nativeAndWasm({ rounds, seconds, markdown }, items, cases) {
  const built = wasmPath(program) !== undefined;
  const [native, wasm] = await inTurns(built ? [run, runWasm] : [run], rounds, items, seconds, cases);
  const ratios = {};
  const rows = cases.map((name) => {
    if (built) ratios[name] = median(native.map((run, round) => wasm[round][name] / run[name]));
    const ns = [native, wasm].map((runs) => (runs ? fixed(1)(middleOf(runs, name)) : '-'));
    return [name, ...ns, times(ratios[name])];
  });
  const note = built ? '' : `; ${program} is not built for wasm`;
  print(
    `In process, ${count(items)} items: CPU ns an operation; medians of ${rounds}${note}`,
    ['', 'native', 'wasm', 'ratio'],
    rows,
    markdown,
  );
  return ratios;
}

// { case: how many times faster than one at a time }
async function batches({ rounds, seconds, markdown }, items, cases) {
  const [runs] = await inTurns([run], rounds, items, seconds, cases);
  const speedUps = {};
  const rows = cases.map((name) => {
    const single = name.replace(/_batch32$/, '');
    if (single !== name && cases.includes(single)) speedUps[name] = median(runs.map((run) => run[single] / run[name]));
    return [name, fixed(1)(middleOf(runs, name)), times(speedUps[name])];
  });
  print(
    `In process, ${count(items)} items: CPU ns an operation, and batches beside one at a time; medians of ${rounds}`,
    ['', 'native', 'times as fast'],
    rows,
    markdown,
  );
  return speedUps;
}

const matching = (figures, pattern) =>
  Object.keys(figures)
    .filter((name) => pattern.test(name))
    .map((name) => figures[name]);

// { wasmOverNative, batchSpeedUp }, the worst of each; undefined where there is none.
export async function inProcess({ rounds, seconds, quick, markdown, match }) {
  const names = (await runProgram(programPath(program), ['--list'])).stdout.trim().split('\n');
  const cases = names.filter((name) => match.test(name));
  if (cases.length === 0) return {};
  const options = { rounds, seconds: seconds / 4, markdown };
  const ratios = await nativeAndWasm(options, quick ? 1000 : inCache, cases);
  const speedUps = await batches(options, quick ? 2000 : inMemory, cases);
  const operations = matching(ratios, /^(?!store\/hash)/); // a part of each, none by itself
  const gets = matching(speedUps, /\/get_batch32$/);
  return {
    wasmOverNative: operations.length === 0 ? undefined : Math.max(...operations),
    batchSpeedUp: gets.length === 0 ? undefined : Math.min(...gets),
  };
}
