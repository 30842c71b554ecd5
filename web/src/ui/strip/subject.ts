// What the strip explains: the draft and its ghost, or else the step that was played last.

import { computed } from '@preact/signals';
import { draftOf } from '../../app/draft.js';
import * as state from '../../app/state.js';
import { explainReply, explainRequest } from '../../explain/index.js';
import type { Token } from '../../explain/types.js';
import { textsReady } from './texts.js';

export interface Subject {
  readonly isDraft: boolean;
  readonly client: string;
  readonly request: Uint8Array;
  readonly reply: Uint8Array;
}

/** Longer ones are explained up to here: a strip is for reading. */
const MOST_BYTES = 64 * 1024;

function ofDraft(): Subject | undefined {
  const inEditor = state.editing.value !== undefined;
  const text = inEditor ? state.edited.value : state.draft.value;
  const typed = draftOf(text, inEditor ? state.editedClient.value : state.client.value);
  if (typed.kind !== 'send') return undefined;
  const ghost = inEditor ? state.editedGhost.value : state.ghost.value;
  const reply = ghost && !ghost.incomplete ? ghost.reply : new Uint8Array();
  return { isDraft: true, client: typed.client, request: typed.bytes, reply };
}

export const subject = computed<Subject | undefined>(() => {
  const drafted = ofDraft();
  if (drafted) return drafted;
  const result = state.current.value;
  if (result?.step.kind !== 'send') return undefined;
  return { isDraft: false, client: result.step.client, request: result.step.bytes, reply: result.reply };
});

export const tokens = computed<{ request: readonly Token[]; reply: readonly Token[] }>(() => {
  const about = subject.value;
  textsReady.value;
  if (!about) return { request: [], reply: [] };
  const request = about.request.subarray(0, MOST_BYTES);
  return { request: explainRequest(request), reply: explainReply(request, about.reply.subarray(0, MOST_BYTES)) };
});
