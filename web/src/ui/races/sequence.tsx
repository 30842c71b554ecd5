// A sequence diagram that a tape draws: a lane for each client, the cache between them, an arrow for each request and
// one for its reply. Each row is a button that goes to its step, and says in words what it shows.

import './sequence.css';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { clientClass } from '../../app/clients.js';
import { nameOf } from '../../base/words.js';
import type { Row } from './rows.js';

/** After so many rows the rest draws itself at once: nobody waits for a long tape. */
const MOST_DELAYS = 16;

interface Lanes {
  clients: readonly string[];
  /** Where a lane is, in per cent of the width: the clients share both sides of the cache. */
  at(name: string): number;
  cache: number;
}

function layOut(clients: readonly string[]): Lanes {
  const columns = clients.length + 1;
  const left = Math.ceil(clients.length / 2);
  const middle = (column: number) => ((column + 0.5) / columns) * 100;
  const at = (name: string) => {
    const lane = clients.indexOf(name);
    return middle(lane < left ? lane : lane + 1);
  };
  return { clients, at, cache: middle(left) };
}

const percent = (x: number) => `${x}%`;

function Lifelines({ lanes, gap }: { lanes: Lanes; gap: boolean }) {
  const each = [...lanes.clients.map((name) => [name, lanes.at(name)] as const), ['', lanes.cache] as const];
  return (
    <svg class="seq-lines" width="100%" height="100%" aria-hidden="true">
      {each.map(([name, x]) => (
        <line
          key={name}
          class={name ? `seq-line ${clientClass(name)}` : 'seq-line seq-line-cache'}
          stroke-dasharray={gap ? '1 5' : undefined}
          x1={percent(x)}
          x2={percent(x)}
          y1="0"
          y2="100%"
        />
      ))}
    </svg>
  );
}

function Arrow({ from, to, reply }: { from: number; to: number; reply?: boolean }) {
  const right = to > from;
  return (
    <svg class={right ? 'seq-arrow' : 'seq-arrow seq-arrow-left'} width="100%" height="11" aria-hidden="true">
      <line x1={percent(from)} x2={percent(to)} y1="5.5" y2="5.5" stroke-dasharray={reply ? '5 4' : undefined} />
      {reply ? null : <circle cx={percent(from)} cy="5.5" r="3.5" />}
      <svg x={percent(to)} y="5.5" overflow="visible" aria-hidden="true">
        <path d={right ? 'M-9 -4.5 L-1 0 L-9 4.5' : 'M9 -4.5 L1 0 L9 4.5'} />
      </svg>
    </svg>
  );
}

/** Read out, not shown: the picture says it by where things are. */
function Unseen({ children }: { readonly children: ComponentChildren }) {
  return <span class="unseen">{children}</span>;
}

function Exchange({ row, lanes }: { row: Extract<Row, { kind: 'exchange' }>; lanes: Lanes }) {
  const x = lanes.at(row.client);
  const side = x < lanes.cache ? 'seq-label' : 'seq-label seq-label-right';
  return (
    <>
      <Unseen>{nameOf(row.client)} sends </Unseen>
      <span class={side}>
        <code>{row.request}</code>
      </span>
      <Arrow from={x} to={lanes.cache} />
      <Unseen>, reply </Unseen>
      <span class={side}>
        <code class={row.error ? 'seq-error' : 'seq-reply'}>{row.reply}</code>
      </span>
      <Arrow from={lanes.cache} to={x} reply />
    </>
  );
}

/** What a client does without the cache: a box on its lane. */
function Alone({ row, lanes }: { row: Extract<Row, { kind: 'alone' }>; lanes: Lanes }) {
  const side = lanes.at(row.client) < lanes.cache ? 'seq-alone-text' : 'seq-alone-text seq-label-right';
  return (
    <>
      <Unseen>{nameOf(row.client)} </Unseen>
      <span class={side}>
        <span class="seq-box">{row.text}</span>
      </span>
    </>
  );
}

function Content({ row, lanes }: { row: Row; lanes: Lanes }) {
  if (row.kind === 'exchange') return <Exchange row={row} lanes={lanes} />;
  if (row.kind === 'alone') return <Alone row={row} lanes={lanes} />;
  return <span class="seq-between">{row.text}</span>;
}

interface RowProps {
  readonly row: Row;
  readonly lanes: Lanes;
  readonly position: number;
  /** How many rows are drawn before this one. */
  readonly after: number;
  readonly onSeek: (position: number) => void;
}

function DiagramRow({ row, lanes, position, after, onSeek }: RowProps) {
  const client = 'client' in row ? row.client : undefined;
  const x = client === undefined ? lanes.cache : lanes.at(client);
  return (
    <li class={row.at < position ? 'seq-row' : 'seq-row seq-later'}>
      <button
        type="button"
        class={`seq-step seq-${row.kind} ${client === undefined ? '' : clientClass(client)}`}
        style={{ '--lane': percent(x), '--after': after }}
        aria-current={row.at + 1 === position ? 'step' : undefined}
        onClick={() => onSeek(row.at + 1)}
      >
        <Lifelines lanes={lanes} gap={row.kind === 'gap'} />
        <Unseen>Step {row.at + 1}: </Unseen>
        <Content row={row} lanes={lanes} />
        {row.effect && <Unseen>. {row.effect}</Unseen>}
      </button>
    </li>
  );
}

interface SequenceProps {
  readonly clients: readonly string[];
  readonly rows: readonly Row[];
  readonly position: number;
  readonly onSeek: (position: number) => void;
}

/** The rows that are there at first draw themselves one after the other, later ones as they come. */
export function Sequence({ clients, rows, position, onSeek }: SequenceProps) {
  const lanes = layOut(clients);
  const first = useRef(rows.length);
  return (
    <div class="seq">
      <div class="seq-heads" aria-hidden="true">
        {clients.map((name) => (
          <span key={name} class={`seq-head ${clientClass(name)}`} style={{ '--lane': percent(lanes.at(name)) }}>
            {nameOf(name)}
          </span>
        ))}
        <span class="seq-head seq-head-cache" style={{ '--lane': percent(lanes.cache) }}>
          cache
        </span>
      </div>
      <ol class="seq-rows">
        {rows.map((row, index) => (
          <DiagramRow
            key={row.at}
            row={row}
            lanes={lanes}
            position={position}
            after={index < first.current ? Math.min(index, MOST_DELAYS) : 0}
            onSeek={onSeek}
          />
        ))}
      </ol>
    </div>
  );
}
