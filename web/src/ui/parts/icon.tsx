// Our own icons, drawn on a grid of 16. They take the colour of the text around them and say nothing by themselves:
// the button has the name.

const PATHS = {
  play: 'M5 3.5v9l7-4.5z',
  pause: 'M5 3.5v9M11 3.5v9',
  back: 'M10 3.5 5.5 8l4.5 4.5',
  next: 'M6 3.5 10.5 8 6 12.5',
  start: 'M11.5 3.5 7 8l4.5 4.5M4.5 3.5v9',
  undo: 'M6 3 3 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H6',
  redo: 'm10 3 3 3-3 3M13 6H6.5a3.5 3.5 0 0 0 0 7H10',
  check: 'M3.5 8.5 6.5 11.5 12.5 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  edit: 'M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z',
  remove: 'M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.7 9h5.6l.7-9M7 7v4M9 7v4',
  share: 'M8 10V2.5M5 5.2 8 2.5l3 2.7M4.5 7.5H3v6h10v-6h-1.5',
  book: 'M8 4.5C6.5 3.2 4.5 3 2.5 3v9c2 0 4 .2 5.5 1.5C9.5 12.2 11.5 12 13.5 12V3c-2 0-4 .2-5.5 1.5zM8 4.5v9',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13 9.8A5.6 5.6 0 0 1 6.2 3a5.6 5.6 0 1 0 6.8 6.8z',
  auto: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  plug: 'M5.5 2v3.5M10.5 2v3.5M4 5.5h8v2.3a4 4 0 0 1-8 0zM8 11.8V14.5',
  send: 'M8 13V3.5M4 7.2 8 3.2l4 4',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2.2 1.3',
  skip: 'M3 4v8l5-4zM8 4v8l5-4z',
} as const;

export type IconName = keyof typeof PATHS;

const FILLED: ReadonlySet<IconName> = new Set<IconName>(['play', 'skip']);

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      aria-hidden="true"
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill={FILLED.has(name) ? 'currentColor' : 'none'}
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
