// The page: header, lessons, console, store with its views, tape. On a phone one of them at a time.

import './shell.css';
import { embed, failure, lessonsOpen, narrow, type Pane, pane } from '../../app/state.js';
import { Composer } from '../console/composer.js';
import { Console } from '../console/console.js';
import { LastExchange } from '../console/last-exchange.js';
import { lazy } from '../parts/lazy.js';
import { TapeBar } from '../tape/tape-bar.js';
import { Dialogs } from './dialogs.js';
import { FailureNotice } from './failure-notice.js';
import { Header } from './header.js';
import { useKeyboard } from './keyboard.js';
import { useKeys } from './keys.js';
import { PaneTabs } from './pane-tabs.js';
import { StorePane } from './store-pane.js';

const Lessons = lazy(async () => (await import('../lessons/lessons.js')).Lessons);

function LessonsPane() {
  return (
    <aside class="pane lessons scroll" id="pane-lessons" aria-label="Lessons">
      <Lessons />
    </aside>
  );
}

function Wide() {
  const withLessons = lessonsOpen.value && !embed.value;
  return (
    <main class={withLessons ? 'panes with-lessons' : 'panes'}>
      {withLessons && <LessonsPane />}
      <Console />
      <StorePane />
    </main>
  );
}

/** The phone's tab that a pane belongs to; lessons are opened from the header. */
const tabOf = (shown: Pane): Pane => (shown === 'herd' ? 'races' : shown === 'lessons' ? 'console' : shown);

function Narrow() {
  const shown = pane.value;
  return (
    <>
      <PaneTabs />
      <main class="panes">
        <div class="panel" role="tabpanel" id="panel-pane" aria-labelledby={`tab-pane-${tabOf(shown)}`}>
          {shown === 'console' && <Console />}
          {shown === 'lessons' && <LessonsPane />}
          {shown !== 'console' && shown !== 'lessons' && <StorePane />}
        </div>
      </main>
      {shown !== 'console' && <LastExchange />}
      <Composer />
    </>
  );
}

export function Shell() {
  useKeys();
  useKeyboard();
  if (failure.value) {
    return (
      <div class="page">
        <Header />
        <FailureNotice failure={failure.value} />
      </div>
    );
  }
  return (
    <div class="page">
      {!embed.value && <Header />}
      {narrow.value ? <Narrow /> : <Wide />}
      <TapeBar />
      <Dialogs />
    </div>
  );
}
