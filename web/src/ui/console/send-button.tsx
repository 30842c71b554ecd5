import { player, upcoming } from '../../app/state.js';
import { Icon } from '../parts/icon.js';
import type { InputModel } from './model.js';

interface Props {
  readonly model: InputModel;
  readonly onSend: () => void;
}

/** As Enter: sends, or plays the next step if nothing is typed. */
export function SendButton({ model, onSend }: Props) {
  const empty = model.text.value.trim() === '';
  const playing = empty && model.id === 'console' && upcoming.value !== undefined;
  const name = playing ? 'Play the next step (Enter)' : 'Send (Enter)';
  return (
    <button
      type="button"
      class="button primary icon send"
      aria-label={name}
      title={name}
      disabled={!player.value || (empty && !playing)}
      // The input keeps the focus, and a phone its keyboard.
      onPointerDown={(event) => event.preventDefault()}
      onClick={onSend}
    >
      <Icon name={playing ? 'play' : 'send'} />
    </button>
  );
}
