// A herd: many clients want one page that is not in the cache, and making it takes seconds. Each way of asking is
// played on the real engine, by the same schedule.

import { type Inspector, type InspectorOptions, openInspector } from 'isocache/inspect';
import { randomNumbers } from '../base/random.js';
import { inSlices, type SliceOptions } from '../base/slices.js';
import { DEFAULT_MEMORY_BYTES, START_MS } from '../tape/limits.js';
import { type HerdRow, type Point, Stampede } from './stampede.js';
import { STRATEGIES } from './strategies.js';

export const HERD_LIMITS = {
  clients: { least: 2, most: 1000, usual: 200 },
  /** How long the page takes to make. */
  loadMs: { least: 100, most: 10_000, usual: 3000 },
  /** In how much time the clients come. */
  spreadMs: { least: 0, most: 10_000, usual: 2000 },
} as const;

export interface HerdOptions extends SliceOptions {
  readonly clients?: number | undefined;
  readonly loadMs?: number | undefined;
  readonly spreadMs?: number | undefined;
  /** Another seed is another schedule. */
  readonly seed?: number | undefined;
  readonly open?: ((options: InspectorOptions) => Promise<Inspector>) | undefined;
}

export interface HerdResult {
  readonly clients: number;
  readonly loadMs: number;
  readonly spreadMs: number;
  /** The whole chart; all series reach so far. */
  readonly durationMs: number;
  /** "200 origin calls, or 1" */
  readonly headline: string;
  /** get and set first. */
  readonly rows: readonly HerdRow[];
}

/** Numbers beyond the limits become the nearest within them. */
export async function playHerd(options: HerdOptions = {}): Promise<HerdResult> {
  const clients = within('clients', options.clients);
  const loadMs = within('loadMs', options.loadMs);
  const spreadMs = within('spreadMs', options.spreadMs);
  const arrivals = schedule(clients, spreadMs, options.seed ?? 1);
  const rows: HerdRow[] = [];
  for (const strategy of STRATEGIES) {
    const open = options.open ?? openInspector;
    const store = await open({ maxBytes: DEFAULT_MEMORY_BYTES, now: START_MS });
    try {
      rows.push(await inSlices(new Stampede(store, strategy, arrivals, loadMs).play(), options));
    } finally {
      store.release();
    }
  }
  const durationMs = Math.max(...rows.map(({ series }) => series.at(-1)!.t));
  const whole = rows.map((row) => ({ ...row, series: continued(row.series, durationMs) }));
  return { clients, loadMs, spreadMs, durationMs, headline: headlineOf(whole), rows: whole };
}

function within(name: keyof typeof HERD_LIMITS, value: number | undefined): number {
  const { least, most, usual } = HERD_LIMITS[name];
  if (value === undefined || Number.isNaN(value)) return usual;
  return Math.min(Math.max(Math.round(value), least), most);
}

/** When each client comes, in milliseconds, in this order. The first one comes at once. */
function schedule(clients: number, spreadMs: number, seed: number): number[] {
  const random = randomNumbers(seed);
  const times = Array.from({ length: clients - 1 }, () => Math.floor(random() * spreadMs));
  return [0, ...times.sort((a, b) => a - b)];
}

/** The series until the chart's end: nothing changes any more. */
function continued(series: readonly Point[], durationMs: number): Point[] {
  const last = series.at(-1)!;
  return last.t < durationMs ? [...series, { ...last, t: durationMs }] : [...series];
}

function headlineOf(rows: readonly HerdRow[]): string {
  const calls = (id: string) => rows.find((row) => row.id === id)!.originCalls;
  const [plain, leased] = [calls('naive'), calls('lease')];
  const origin = plain === 1 ? 'origin call' : 'origin calls';
  return `get and set: ${plain.toLocaleString('en-US')} ${origin}. With a lease: ${leased}.`;
}
