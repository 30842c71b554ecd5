// Many streams, several at once, against two running servers.

import { BinaryDuel } from './binary-duel.mjs';
import { describeFailure, minimise, TextDuel } from './duel.mjs';

const AT_ONCE = 8;
const STREAMS_PER_FLUSH = 512;
const MAX_FAILURES = 5;

/**
 * Plays `count` streams with seeds from `seed` on. Returns descriptions of the failures, at most a few.
 * `binary`: in the binary protocol. `progress(done)` is called now and then.
 */
export async function compareStreams(ours, theirs, { count, seed, binary = false, progress = () => {} }) {
  const Duel = binary ? BinaryDuel : TextDuel;
  const failed = [];
  const duels = await Promise.all(Array.from({ length: AT_ONCE }, () => Duel.between(ours, theirs)));
  try {
    for (let from = 0; from < count && failed.length < MAX_FAILURES; from += STREAMS_PER_FLUSH) {
      let next = from;
      const end = Math.min(count, from + STREAMS_PER_FLUSH);
      await Promise.all(
        duels.map(async (duel) => {
          while (next < end && failed.length < MAX_FAILURES) {
            const own = seed + next++;
            const failure = await duel.play(Duel.makeStream(own), `s${own}-`, own);
            if (failure) failed.push({ own, failure });
          }
        }),
      );
      // Nothing else is going on now: both forget everything, so that neither fills up and evicts.
      await duels[0].flush();
      progress(end);
    }
  } finally {
    for (const duel of duels) duel.close();
  }
  const descriptions = [];
  for (const { own, failure } of failed.slice(0, MAX_FAILURES)) {
    const shortest = await minimise(Duel, ours, theirs, Duel.makeStream(own), own);
    descriptions.push(
      describeFailure(Duel, own, shortest.failure ? shortest : { stream: failure.batch, failure, alone: true }),
    );
  }
  return descriptions;
}
