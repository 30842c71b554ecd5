// Who speaks. Four clients have a colour of their own; a tape may name others, which share a neutral one.

export const CLIENTS = ['alice', 'bob', 'carol', 'dave'] as const;

/** The class that sets the custom property --who. */
export const clientClass = (name: string): string =>
  (CLIENTS as readonly string[]).includes(name) ? `of-${name}` : 'of-other';
