// What the tier must reach, beside what was measured.
import { count, fixed, print, times } from '../driver/table.mjs';

const worst = (numbers) => Math.max(...numbers.filter(Number.isFinite));

// A bar is met if the figure is at most `bar`, or at least, if `atLeast`. What is written counts where flash is too
// small for the working set: else there is next to nothing to write.
function barsOf({ zipf = {}, capacity, ram, stalls }) {
  const cases = Object.values(zipf).filter((one) => !one.recycles);
  const recycling = Object.values(zipf).filter((one) => one.recycles);
  const against = (figure, at, of = cases) => worst(of.map((one) => one[figure][at]));
  const errors = [...Object.values(zipf), ...(capacity ? [capacity] : [])].reduce((sum, one) => sum + one.errors, 0);
  const hits = worst(cases.map(({ hitRatios: [plain, tuned, ours] }) => Math.max(plain, tuned) - ours));
  return [
    { what: 'hit ratio below the better of both', of: hits, bar: 0, show: fixed(4) },
    { what: 'RAM an item on flash, bytes', of: capacity?.ram[1], bar: 15, hope: 10, show: fixed(1) },
    {
      what: 'items of 500 B served, against memcached',
      of: capacity && capacity.served[1] / capacity.served[0],
      bar: 5,
      hope: 8,
      atLeast: true,
    },
    { what: 'CPU a get, against default', of: against('cpu', 0), bar: 0.5, hope: 0.25 },
    { what: 'CPU a get, against tuned', of: against('cpu', 1), bar: 1, hope: 0.7 },
    { what: 'p99 at 4,000/s, against default', of: against('p99', 0), bar: 1, hope: 0.5 },
    { what: 'p99 at 4,000/s, against tuned', of: against('p99', 1), bar: 1, hope: 0.5 },
    { what: 'bytes written a request, against default', of: against('written', 0, recycling), bar: 0.5, hope: 0.25 },
    { what: 'bytes written a request, against tuned', of: against('written', 1, recycling), bar: 0.5, hope: 0.25 },
    { what: 'wrong values', of: cases.length > 0 || capacity ? errors : undefined, bar: 0, show: count },
    { what: 'a get from memory, with a tier against without', of: ram?.cpu, bar: 1.02, hope: 1 },
    { what: 'the same, instructions', of: ram?.instructions, bar: 1.02, hope: 1, show: fixed(3) },
    { what: 'longest stall, us', of: stalls?.max[1], bar: 1000, hope: 200, show: count },
  ];
}

function verdict({ of, bar, hope, atLeast }) {
  const reaches = (limit) => (atLeast ? of >= limit : of <= limit);
  if (!reaches(bar)) return 'MISSED';
  return hope !== undefined && reaches(hope) ? 'met, and hoped' : 'met';
}

export function printBars(measured, { markdown }) {
  const bars = barsOf(measured).filter(({ of }) => Number.isFinite(of));
  print(
    'Bars (the worst case counts)',
    ['', 'measured', 'bar', 'hope', ''],
    bars.map((one) => {
      const show = one.show ?? times;
      return [one.what, show(one.of), show(one.bar), one.hope === undefined ? '' : show(one.hope), verdict(one)];
    }),
    markdown,
  );
}
