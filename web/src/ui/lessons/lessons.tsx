// Lessons: the list with what is done, or the one that is open.

import './lessons.css';
import { useEffect } from 'preact/hooks';
import { show } from '../../app/actions.js';
import { narrow } from '../../app/state.js';
import { LESSONS, type LessonEntry } from '../../lessons/index.js';
import { startStory } from '../opening/tell.js';
import { Icon } from '../parts/icon.js';
import { LessonPage } from './lesson-page.js';
import { begin, followLessons, forgetAll, isDone, lesson, marksOf } from './progress.js';

/** "2/5", "1 skipped", or how long it takes. */
function stateOf(entry: LessonEntry): string {
  const marks = marksOf(entry.id);
  if (marks.length === 0) return `${entry.minutes}\u00a0min`;
  if (!isDone(entry)) return `${marks.length} of ${entry.tasks}`;
  const skipped = marks.filter((mark) => mark === 'skipped').length;
  return skipped > 0 ? `${skipped} skipped` : 'done';
}

function Row({ entry, number }: { readonly entry: LessonEntry; readonly number: number }) {
  return (
    <li>
      <button type="button" class="lesson-row" onClick={() => begin(entry)}>
        <span class={isDone(entry) ? 'mark mark-done' : 'mark'} aria-hidden="true">
          {isDone(entry) ? <Icon name="check" /> : number}
        </span>
        <span class="lesson-title">{entry.title}</span>
        <span class="lesson-state muted number">{stateOf(entry)}</span>
      </button>
    </li>
  );
}

function List() {
  const done = LESSONS.filter(isDone).length;
  return (
    <>
      <div class="lessons-head">
        <h2>Lessons</h2>
        <p class="muted number">
          {done} of {LESSONS.length} done
        </p>
        <progress class="lessons-progress" max={LESSONS.length} value={done} aria-label="Lessons done" />
      </div>
      <button
        type="button"
        class="lesson-row lesson-story"
        onClick={() => {
          startStory();
          if (narrow.value) show('console');
        }}
      >
        <span class="mark" aria-hidden="true">
          <Icon name="play" />
        </span>
        <span class="lesson-title">The first thirty seconds</span>
        <span class="lesson-state muted">story</span>
      </button>
      <ol class="lesson-rows">
        {LESSONS.map((entry, index) => (
          <Row key={entry.id} entry={entry} number={index + 1} />
        ))}
      </ol>
      {LESSONS.some(({ id }) => marksOf(id).length > 0) && (
        <button type="button" class="button plain small lessons-forget" onClick={forgetAll}>
          Forget what is done
        </button>
      )}
    </>
  );
}

export function Lessons() {
  useEffect(() => followLessons(), []);
  return <div class="lessons-inner">{lesson.value ? <LessonPage lesson={lesson.value} /> : <List />}</div>;
}
