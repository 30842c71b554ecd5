// One lesson: what there is to know, and tasks that are ticked off as the store gets there.

import { useEffect, useRef } from 'preact/hooks';
import { show } from '../../app/actions.js';
import { focusComposer } from '../../app/focus.js';
import { narrow } from '../../app/state.js';
import { LESSONS } from '../../lessons/index.js';
import type { Lesson, Task } from '../../lessons/lesson.js';
import { Backticks } from '../parts/backticks.js';
import { Icon } from '../parts/icon.js';
import { begin, beginAnew, beginTaskAnew, followed, hinted, leave, onTape, showMe, skip, tried } from './progress.js';

interface TaskProps {
  readonly lesson: Lesson;
  readonly task: Task;
  readonly index: number;
  readonly done: number;
}

function Helps({ lesson, task, index }: TaskProps) {
  const open = hinted.value.has(index);
  const hint = () => {
    hinted.value = new Set([...hinted.value, index]);
  };
  return (
    <>
      {tried.value && (
        <p class="muted">
          <Backticks text={`Not yet: ${followed.value.why ?? 'this task wants another reply, or another store'}.`} />
        </p>
      )}
      {open && (
        <p class="task-hint">
          <Backticks text={task.hint} />
        </p>
      )}
      <div class="task-helps">
        <button type="button" class="button small" disabled={open} onClick={hint}>
          Hint
        </button>
        <button type="button" class="button small" onClick={() => showMe(lesson)}>
          Show me
        </button>
        <button type="button" class="button small" onClick={() => skip(lesson)}>
          Skip
        </button>
        {tried.value && (
          <button type="button" class="button small" onClick={() => beginTaskAnew(lesson)}>
            Back to this task
          </button>
        )}
        {narrow.value && (
          <button type="button" class="button small primary" onClick={() => show('console')}>
            To the console
          </button>
        )}
      </div>
    </>
  );
}

function TaskItem(props: TaskProps) {
  const { task, index, done } = props;
  const isDone = index < done;
  const isNext = index === done;
  return (
    <li
      class={isDone ? 'task task-done' : isNext ? 'task task-next' : 'task'}
      aria-current={isNext ? 'step' : undefined}
    >
      <span class={isDone ? 'mark mark-done' : 'mark'} aria-hidden="true">
        {isDone ? <Icon name="check" /> : index + 1}
      </span>
      <div class="task-body">
        <p>
          {isDone && <span class="unseen">Done: </span>}
          <Backticks text={task.say} />
        </p>
        {isDone && (
          <p class="task-learnt">
            <Backticks text={task.done} />
          </p>
        )}
        {isNext && <Helps {...props} />}
      </div>
    </li>
  );
}

/** From 1. */
const placeOf = (lesson: Lesson): number => LESSONS.findIndex(({ id }) => id === lesson.id) + 1;

function Elsewhere({ lesson }: { readonly lesson: Lesson }) {
  const goOn = () => {
    const entry = LESSONS[placeOf(lesson) - 1];
    if (entry) begin(entry);
  };
  return (
    <div class="lesson-elsewhere" role="note">
      <p>Another tape is open. The lesson goes on with its own; undo brings back the other.</p>
      <button type="button" class="button small" onClick={goOn}>
        Go on with the lesson
      </button>
    </div>
  );
}

function Ending({ lesson }: { readonly lesson: Lesson }) {
  const next = LESSONS[placeOf(lesson)];
  return (
    <div class="lesson-ending">
      <p>
        <strong>Done.</strong> {next ? 'The next one:' : 'That was the last lesson.'}
      </p>
      <button type="button" class="button primary" onClick={() => (next ? begin(next) : leave())}>
        {next ? next.title : 'All lessons'}
      </button>
    </div>
  );
}

export function LessonPage({ lesson }: { readonly lesson: Lesson }) {
  const title = useRef<HTMLHeadingElement>(null);
  const tasks = useRef<HTMLDivElement>(null);
  const { done } = followed.value;
  const number = placeOf(lesson);
  useEffect(() => {
    title.current?.scrollIntoView({ block: 'nearest' });
    if (narrow.peek()) title.current?.focus();
    else focusComposer();
  }, [lesson.id]);
  // What is to be done next is in sight, however long the lesson is.
  useEffect(() => {
    if (done > 0) tasks.current?.querySelector('.task-next, .lesson-ending')?.scrollIntoView({ block: 'nearest' });
  }, [lesson.id, done]);
  return (
    <article class="lesson" aria-labelledby="lesson-title">
      <div class="lesson-nav">
        <button type="button" class="button plain small" onClick={leave}>
          <Icon name="undo" /> All lessons
        </button>
        <button type="button" class="button plain small" onClick={() => beginAnew(lesson)}>
          Start again
        </button>
      </div>
      <h2 id="lesson-title" ref={title} tabIndex={-1}>
        {number}. {lesson.title}
      </h2>
      {lesson.text.map((paragraph) => (
        <p key={paragraph} class="lesson-text">
          <Backticks text={paragraph} />
        </p>
      ))}
      <h3 class="unseen">Tasks</h3>
      {!onTape.value && <Elsewhere lesson={lesson} />}
      <div class="lesson-tasks" ref={tasks}>
        <ol class="tasks">
          {lesson.tasks.map((task, index) => (
            <TaskItem key={task.say} lesson={lesson} task={task} index={index} done={done} />
          ))}
        </ol>
        {done === lesson.tasks.length && <Ending lesson={lesson} />}
      </div>
    </article>
  );
}
