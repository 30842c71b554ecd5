// "A key is missing. Two clients ask." The first thirty seconds, told in the real console. Whoever types something else
// just works on; the story waits.

import './opening.css';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { show } from '../../app/actions.js';
import { clientClass } from '../../app/clients.js';
import { dialog, draft, lesson, narrow, opening, player } from '../../app/state.js';
import { nameOf } from '../../base/words.js';
import { Icon } from '../parts/icon.js';
import { lazy } from '../parts/lazy.js';
import { Backticks } from '../parts/backticks.js';
import { STORY } from './story.js';
import {
  beats,
  changedReplies,
  changeThePast,
  endStory,
  followTape,
  goOn,
  stage,
  startStory,
  suggest,
  waiting,
} from './tell.js';

const TaskStrip = lazy(async () => (await import('../lessons/task-strip.js')).TaskStrip);
const Crowd = lazy(async () => (await import('./crowd.js')).Crowd);

/** Enter on an empty draft, or with nothing focused, goes on with the story. */
function onEnter(event: KeyboardEvent): void {
  if (event.key !== 'Enter' || event.defaultPrevented || event.ctrlKey || event.isComposing) return;
  const nowhere = event.target === document.body;
  const empty = event.target instanceof HTMLTextAreaElement && draft.peek() === '';
  const atEnd = beats.peek() === STORY.length && stage.peek() === 'tell';
  if ((nowhere && (waiting.peek() || atEnd)) || (empty && atEnd)) {
    event.preventDefault();
    event.stopPropagation();
    goOn();
  }
}

interface CardProps {
  readonly say: string;
  readonly why: string;
  readonly children?: ComponentChildren;
}

function Card({ say, why, children }: CardProps) {
  return (
    <>
      <div class="opening-text" aria-live="polite">
        <p class="opening-say">{say}</p>
        <p class="opening-why">
          <Backticks text={why} />
        </p>
      </div>
      {children}
    </>
  );
}

function Go({ children, onClick }: { readonly children: ComponentChildren; readonly onClick: () => void }) {
  return (
    <button type="button" class="button primary" onClick={onClick}>
      {children} <kbd class="opening-key">Enter</kbd>
    </button>
  );
}

function Tell() {
  const beat = STORY[beats.value];
  if (!beat) {
    return (
      <Card say="Bob has it." why="Two clients asked, and one call went to the origin. What if 200 ask at once?">
        <div class="opening-buttons">
          <Go onClick={goOn}>Now 200 clients</Go>
        </div>
      </Card>
    );
  }
  return (
    <Card say={beat.say} why={beat.why}>
      <div class="opening-buttons">
        {waiting.value || !player.value ? (
          <Go onClick={goOn}>
            Send <code>{beat.draft.replace('\n', ' ↵ ')}</code>
          </Go>
        ) : (
          <button type="button" class="button" onClick={suggest}>
            Back to the story
          </button>
        )}
      </div>
    </Card>
  );
}

function TwoHundred() {
  return (
    <Card say="Now 200 clients." why="They want the page within 2 s, and loading it takes 3 s.">
      <Crowd />
      <p class="opening-why">
        <strong>Your turn: change the past.</strong> Let Alice ask without <code>N30</code>: all after it replays.
      </p>
      <div class="opening-buttons">
        <button type="button" class="button primary" onClick={changeThePast}>
          Change step 1
        </button>
        <button type="button" class="button" onClick={() => show('herd')}>
          More on the 200
        </button>
      </div>
    </Card>
  );
}

function leaveFor(next: () => void): void {
  endStory();
  next();
}

async function toLesson(): Promise<void> {
  show('lessons');
  const { beginById } = await import('../lessons/progress.js');
  await beginById('leases');
}

function Changed() {
  const changes = changedReplies.value;
  return (
    <Card
      say="You changed the past."
      why={
        changes.length === 0
          ? 'Every step after it ran again.'
          : 'Every step after it ran again, and replies are different:'
      }
    >
      {changes.length > 0 && (
        <ul class="opening-changes">
          {changes.map(({ client, request, before, after }) => (
            <li key={client + request} class={clientClass(client)}>
              <span class="opening-who">{nameOf(client)}</span> <code>{request}</code>
              <br />
              <code>{before}</code> before, now <code class="opening-now">{after}</code>
            </li>
          ))}
        </ul>
      )}
      <div class="opening-buttons">
        <button type="button" class="button primary" onClick={() => leaveFor(toLesson)}>
          A lesson on leases
        </button>
        <button type="button" class="button" onClick={() => leaveFor(() => show('races'))}>
          Races
        </button>
        <button type="button" class="button" onClick={() => leaveFor(() => (dialog.value = 'share'))}>
          Share this
        </button>
      </div>
    </Card>
  );
}

const STAGES = { tell: Tell, crowd: TwoHundred, changed: Changed };

/** How many things Enter does in all: the beats, and the 200. */
const ALL = STORY.length + 1;

function Progress() {
  const at = stage.value === 'tell' ? beats.value : ALL;
  return (
    <div class="opening-head">
      <span class="opening-count number">{at < ALL ? `${at + 1} of ${ALL}` : 'Your turn'}</span>
      <span class="opening-bar" aria-hidden="true">
        {Array.from({ length: ALL }, (_, index) => (
          <i key={`part ${index}`} class={index < at ? 'opening-part opening-done' : 'opening-part'} />
        ))}
      </span>
      {at > 0 && (
        <button type="button" class="button plain small" onClick={startStory}>
          Restart
        </button>
      )}
      <button type="button" class="button plain icon small" aria-label="Skip the story" onClick={endStory}>
        <Icon name="close" />
      </button>
    </div>
  );
}

export function Opening() {
  useEffect(followTape, []);
  useEffect(() => {
    document.addEventListener('keydown', onEnter, { capture: true });
    return () => document.removeEventListener('keydown', onEnter, { capture: true });
  }, []);
  if (narrow.value && lesson.value !== undefined) return <TaskStrip />;
  if (opening.value !== 'on') return null;
  const Stage = STAGES[stage.value];
  return (
    <section class="opening" aria-label="The first thirty seconds">
      <Progress />
      <Stage />
    </section>
  );
}
