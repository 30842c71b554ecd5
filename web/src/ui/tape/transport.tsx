import { openEditor, playNext, removeStep, seek } from '../../app/actions.js';
import { position, tape, upcoming } from '../../app/state.js';
import { Icon, type IconName } from '../parts/icon.js';

interface KeyProps {
  readonly icon: IconName;
  readonly name: string;
  readonly disabled: boolean;
  readonly onClick: () => void;
}

function Key({ icon, name, disabled, onClick }: KeyProps) {
  return (
    <button
      type="button"
      class={`button plain icon ${icon}`}
      aria-label={name}
      title={name}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

export function GoBack() {
  const at = position.value;
  return <Key icon="back" name="One step back (,)" disabled={at === 0} onClick={() => seek(at - 1)} />;
}

export function GoOn() {
  return <Key icon="next" name="One step on (.)" disabled={upcoming.value === undefined} onClick={playNext} />;
}

/** Edits or deletes the step that was played last. */
export function StepButtons() {
  const at = position.value;
  return (
    <div class="step-buttons">
      <span key={`${at} ${tape.value.steps.length}`} class="place number">
        <span class="unseen">Step </span>
        {`${at} / ${tape.value.steps.length}`}
      </span>
      <Key icon="edit" name={`Edit step ${at}`} disabled={at === 0} onClick={() => openEditor(at - 1)} />
      <Key icon="remove" name={`Delete step ${at}`} disabled={at === 0} onClick={() => removeStep(at - 1)} />
    </div>
  );
}
