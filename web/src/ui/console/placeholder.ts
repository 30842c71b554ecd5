import { upcoming } from '../../app/state.js';
import { textOfStep } from '../../app/step-text.js';

const EXAMPLE = 'mg page v';
const LONGEST = 24;

/** What an empty input shows: the step that Enter plays, or an example. */
export function placeholderOf(): string {
  const line = upcoming.value ? textOfStep(upcoming.value).split('\n', 1)[0]! : EXAMPLE;
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
