// One dialog at a time, in the browser's own <dialog>: it keeps the focus inside, and Escape closes it.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { dialog } from '../../app/state.js';
import { Icon } from '../parts/icon.js';
import { lazy } from '../parts/lazy.js';

const KeysDialog = lazy(async () => (await import('./keys-dialog.js')).KeysDialog);
const ShareDialog = lazy(async () => (await import('../share/share.js')).ShareDialog);
const LiveDialog = lazy(async () => (await import('../live/live.js')).LiveDialog);

const CONTENT = {
  keys: { title: 'Keys and help', Part: KeysDialog },
  share: { title: 'Share this tape', Part: ShareDialog },
  live: { title: 'Connect to a server', Part: LiveDialog },
};

function Frame({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  const frame = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    frame.current?.showModal();
    return () => opener instanceof HTMLElement && opener.focus();
  }, []);
  const close = () => {
    dialog.value = undefined;
  };
  return (
    <dialog ref={frame} class="dialog" aria-labelledby="dialog-title" onClose={close}>
      <div class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="button plain icon" aria-label="Close" onClick={() => frame.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      <div class="dialog-body scroll" tabIndex={0}>
        {children}
      </div>
    </dialog>
  );
}

export function Dialogs() {
  const name = dialog.value;
  if (!name) return null;
  const { title, Part } = CONTENT[name];
  return (
    <Frame key={name} title={title}>
      <Part />
    </Frame>
  );
}
