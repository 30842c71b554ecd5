// Many clients want one page that is not there: how often each way of asking makes the origin work.

import './herd.css';
import { signal, useSignalEffect } from '@preact/signals';
import { openStore } from '../../app/wasm.js';
import { number } from '../../base/words.js';
import { HERD_LIMITS, type HerdResult, type HerdRow, playHerd } from '../../herd/index.js';
import { Backticks } from '../parts/backticks.js';
import { type ChartScale, StepChart } from './chart.js';
import { Slider } from './slider.js';

const clients = signal<number>(HERD_LIMITS.clients.usual);
const loadMs = signal<number>(HERD_LIMITS.loadMs.usual);
const spreadMs = signal<number>(HERD_LIMITS.spreadMs.usual);
/** The last herd that was played; it stays in sight while the next one is. */
const played = signal<HerdResult | undefined>(undefined);
const failed = signal('');

/** Who slides does not want each value in between. */
const PAUSE_MS = 120;

const seconds = (ms: number): string => `${number(Math.round(ms / 100) / 10)}\u00a0s`;

/** Plays the herd anew whenever a number has changed, and the last one wins. */
function usePlayed(): void {
  useSignalEffect(() => {
    const options = { clients: clients.value, loadMs: loadMs.value, spreadMs: spreadMs.value };
    const ended = new AbortController();
    const begin = async () => {
      try {
        const found = await playHerd({ ...options, open: openStore, signal: ended.signal });
        played.value = found;
        failed.value = '';
      } catch (error) {
        if (!ended.signal.aborted) failed.value = error instanceof Error ? error.message : String(error);
      }
    };
    const timer = setTimeout(begin, played.peek() ? PAUSE_MS : 0);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  });
}

function Controls() {
  return (
    <div class="herd-controls">
      <Slider name="Clients" value={clients} limits={HERD_LIMITS.clients} step={2} show={number} />
      <Slider name="Making it takes" value={loadMs} limits={HERD_LIMITS.loadMs} step={100} show={seconds} />
      <Slider name="They come within" value={spreadMs} limits={HERD_LIMITS.spreadMs} step={100} show={seconds} />
    </div>
  );
}

function StrategyCard({ row, scale, worst }: { row: HerdRow; scale: ChartScale; worst: boolean }) {
  return (
    <section class={worst ? 'strategy strategy-worst' : 'strategy'} aria-label={row.title}>
      <h3>{row.title.charAt(0).toUpperCase() + row.title.slice(1)}</h3>
      <p class="strategy-command">
        <code>{row.command}</code>
      </p>
      <p class="strategy-calls">
        <span class="strategy-number">{number(row.originCalls)}</span>{' '}
        {row.originCalls === 1 ? 'origin call' : 'origin calls'}
      </p>
      <div class="herd-plot">
        <StepChart points={row.series} scale={scale} />
        <span class="herd-most number" aria-hidden="true">
          {number(scale.most)}
        </span>
      </div>
      <p class="strategy-axis muted" aria-hidden="true">
        <span>0&nbsp;s</span>
        <span>{seconds(scale.end)}</span>
      </p>
      <p class="strategy-say">
        <Backticks text={row.say} />
      </p>
    </section>
  );
}

function Table({ rows }: { readonly rows: readonly HerdRow[] }) {
  return (
    <div class="herd-table">
      <table>
        <caption class="unseen">The same as a table</caption>
        <thead>
          <tr>
            <th scope="col">Way of asking</th>
            <th scope="col">Origin calls</th>
            <th scope="col">At once</th>
            <th scope="col">Clients that waited</th>
            <th scope="col">Longest wait</th>
            <th scope="col">Shown the old page</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{row.title}</th>
              <td>{number(row.originCalls)}</td>
              <td>{number(row.mostAtOnce)}</td>
              <td>{number(row.waited)}</td>
              <td>{seconds(row.longestWaitMs)}</td>
              <td>{number(row.oldAnswers)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Herd() {
  usePlayed();
  const result = played.value;
  const rows = result?.rows ?? [];
  const most = Math.max(...rows.map(({ originCalls }) => originCalls));
  const scale = { end: result?.durationMs ?? 0, most };
  return (
    <div class="herd" aria-busy={!result}>
      <h2>{number(clients.value)} clients want one missing page</h2>
      <p class="herd-say muted">How often is the origin asked to make it? Played on the real engine.</p>
      <Controls />
      {failed.value && (
        <p class="form-error" role="alert">
          The herd could not be played: {failed.value}
        </p>
      )}
      <div class="strategies">
        {rows.map((row) => (
          <StrategyCard key={row.id} row={row} scale={scale} worst={row.originCalls === most && most > 1} />
        ))}
      </div>
      {result && <Table rows={rows} />}
    </div>
  );
}
