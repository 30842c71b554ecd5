// On a phone the console hides the lesson: this says what is to be done, and leads back to it.

import './task-strip.css';
import { useEffect } from 'preact/hooks';
import { show } from '../../app/actions.js';
import { Backticks } from '../parts/backticks.js';
import { followed, followLessons, lesson } from './progress.js';

export function TaskStrip() {
  useEffect(() => followLessons(), []);
  const open = lesson.value;
  if (!open) return null;
  const { done } = followed.value;
  const task = open.tasks[done];
  const before = open.tasks[done - 1];
  return (
    <button type="button" class="task-strip" onClick={() => show('lessons')}>
      <span class="task-strip-count number">
        {done} of {open.tasks.length} done
      </span>
      <span>
        {task ? <Backticks text={task.say} /> : <Backticks text={`The lesson is done. ${before?.done ?? ''}`} />}
      </span>
    </button>
  );
}
