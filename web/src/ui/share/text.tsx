// The tape as text: to copy, to save, to put into a test or a bug report; and how a saved one comes back.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { openTape, say } from '../../app/actions.js';
import { dialog, results, tape } from '../../app/state.js';
import { MAX_TAPE_BYTES } from '../../tape/limits.js';
import { Tabs } from '../parts/tabs.js';
import { COPY_WORDS, copyField, saveFile } from './copy.js';
import { FORMATS, type Format, type FormatId } from './formats.js';

const TABS = FORMATS.map(({ id, title }) => ({ id, title }));

function useText(format: Format) {
  const text = useSignal('');
  const id = useSignal(format);
  id.value = format;
  useSignalEffect(() => {
    let late = false;
    // Nobody copies one format under the name of another.
    text.value = '';
    id.value.write(tape.value, results.value).then(
      (written) => {
        if (!late) text.value = written;
      },
      (error) => {
        if (!late) text.value = `This cannot be written: ${error instanceof Error ? error.message : error}`;
      },
    );
    return () => {
      late = true;
    };
  });
  return text;
}

/** Opens a tape that was saved. Tells why not. */
async function openFile(file: File): Promise<string | undefined> {
  if (file.size > MAX_TAPE_BYTES) return `${file.name} is larger than any tape.`;
  const fault = openTape(await file.text());
  if (fault !== undefined) return `${file.name} is no tape. ${fault}`;
  dialog.value = undefined;
  say(`${file.name} is open. Undo brings back the tape before it.`);
  return undefined;
}

function OpenFile() {
  const fault = useSignal('');
  const input = useRef<HTMLInputElement>(null);
  const open = async (event: Event) => {
    const [file] = (event.currentTarget as HTMLInputElement).files ?? [];
    if (file) fault.value = (await openFile(file)) ?? '';
    // The same file can be chosen again after it was mended.
    if (input.current) input.current.value = '';
  };
  return (
    <>
      <input ref={input} id="open-tape" class="unseen" type="file" tabIndex={-1} aria-label="Tape" onChange={open} />
      <button type="button" class="button" onClick={() => input.current?.click()}>
        Open a file
      </button>
      {fault.value && (
        <p class="form-error share-fault" role="alert">
          {fault.value}
        </p>
      )}
    </>
  );
}

export function ShareText() {
  const chosen = useSignal<FormatId>('tape');
  const format = FORMATS.find(({ id }) => id === chosen.value) ?? FORMATS[0]!;
  const text = useText(format);
  const field = useRef<HTMLTextAreaElement>(null);
  const note = useSignal('');
  const copy = async () => {
    if (!field.current) return;
    note.value = COPY_WORDS[await copyField(field.current)];
    say(note.value);
  };
  const save = () => {
    saveFile(format.file, text.value);
    note.value = `Saved as ${format.file}.`;
    say(note.value);
  };
  return (
    <section class="share-text" aria-labelledby="share-text">
      <h3 id="share-text">As text</h3>
      <Tabs
        label="Formats"
        name="share"
        tabs={TABS}
        chosen={chosen.value}
        choose={(id) => {
          chosen.value = id;
          note.value = '';
        }}
      />
      <div class="share-panel" role="tabpanel" id="panel-share" aria-labelledby={`tab-share-${chosen.value}`}>
        <p class="muted">{format.say}</p>
        <textarea
          ref={field}
          class="field mono"
          readOnly
          rows={8}
          wrap="off"
          aria-label={`The tape as ${format.title.toLowerCase()}`}
          value={text.value}
        />
      </div>
      <div class="share-buttons">
        <button type="button" class="button" onClick={copy}>
          Copy
        </button>
        <button type="button" class="button" onClick={save}>
          Save as {format.file}
        </button>
        <OpenFile />
      </div>
      <p class="share-note muted">{note.value}</p>
    </section>
  );
}
