import { redo, setTheme, show, undo } from '../../app/actions.js';
import { dialog, lessonsOpen, live, narrow, pane, redoable, theme, undoable } from '../../app/state.js';
import { remember } from '../../app/storage.js';
import { Icon, type IconName } from '../parts/icon.js';

interface ToolProps {
  readonly icon: IconName;
  readonly name: string;
  readonly onClick: () => void;
  /** Shown beside the icon where there is room. */
  readonly label?: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
}

function Tool({ icon, name, onClick, label, pressed, disabled }: ToolProps) {
  const withLabel = label !== undefined && !narrow.value;
  return (
    <button
      type="button"
      class={withLabel ? 'button plain' : 'button plain icon'}
      title={name}
      aria-label={name}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
      {withLabel && label}
    </button>
  );
}

const NEXT_THEME = { auto: 'light', light: 'dark', dark: 'auto' } as const;
const THEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' } as const;
const THEME_NAMES = { auto: "the system's", light: 'light', dark: 'dark' } as const;

function LessonsTool() {
  const open = narrow.value ? pane.value === 'lessons' : lessonsOpen.value;
  const toggle = () => {
    if (narrow.value) return show(open ? 'console' : 'lessons');
    lessonsOpen.value = !open;
    remember('local', 'lessons-panel', open ? 'folded' : undefined);
  };
  return <Tool icon="book" name="Lessons" label="Lessons" pressed={open} onClick={toggle} />;
}

export function Header() {
  const chosen = theme.value;
  return (
    <header class={live.value ? 'header is-live' : 'header'}>
      <LessonsTool />
      <h1 class="brand">
        <span>isocache</span> <span class="brand-second">playground</span>
      </h1>
      {live.value && (
        <p class="live-sign" title={live.value.url}>
          LIVE <span class="live-url">{live.value.url}</span>
        </p>
      )}
      <div class="tools">
        <Tool icon="undo" name="Undo (Ctrl+Z)" onClick={undo} disabled={!undoable.value} />
        <Tool icon="redo" name="Redo (Ctrl+Shift+Z)" onClick={redo} disabled={!redoable.value} />
        <Tool icon="share" name="Share this tape" label="Share" onClick={() => (dialog.value = 'share')} />
        <Tool icon="plug" name="Live: connect to a server" label="Live" onClick={() => (dialog.value = 'live')} />
        <Tool
          icon={THEME_ICONS[chosen]}
          name={`Colours: ${THEME_NAMES[chosen]}`}
          onClick={() => setTheme(NEXT_THEME[chosen])}
        />
        <button
          type="button"
          class="button plain icon keys-tool"
          aria-label="Keys and help (?)"
          title="Keys and help (?)"
          onClick={() => (dialog.value = 'keys')}
        >
          ?
        </button>
      </div>
    </header>
  );
}
