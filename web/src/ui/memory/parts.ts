// The parts of a store's memory: they add up to its limit.

import type { MemoryState, SegmentState } from 'isocache/inspect';

export interface MemoryPart {
  readonly id: 'small' | 'main' | 'dead' | 'free' | 'index' | 'ghost' | 'other' | 'unused';
  readonly name: string;
  readonly bytes: number;
}

export function partsOf(memory: MemoryState, segments: readonly SegmentState[]): MemoryPart[] {
  const main = segments.reduce((sum, { queue, liveBytes }) => sum + (queue === 'main' ? liveBytes : 0), 0);
  return [
    { id: 'small', name: 'small queue', bytes: memory.live - main },
    { id: 'main', name: 'main queue', bytes: main },
    { id: 'dead', name: 'replaced or deleted', bytes: memory.dead },
    { id: 'free', name: 'room in segments', bytes: memory.free },
    { id: 'index', name: 'index', bytes: memory.index },
    { id: 'ghost', name: 'ghost', bytes: memory.ghost },
    { id: 'other', name: 'bookkeeping', bytes: memory.other },
    { id: 'unused', name: 'free for writes', bytes: Math.max(0, memory.limit - memory.used) },
  ];
}
