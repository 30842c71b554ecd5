// What the page remembers. Storage may be off, full, or throw at the first touch: the page works without it.

type Kind = 'session' | 'local';

/** undefined: nothing is stored, or storage cannot be read. */
export function remembered(kind: Kind, name: string): string | undefined {
  try {
    return (kind === 'session' ? sessionStorage : localStorage).getItem(`isocache.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores the text, or forgets it if it is undefined. Tells whether that worked. */
export function remember(kind: Kind, name: string, text: string | undefined): boolean {
  try {
    const storage = kind === 'session' ? sessionStorage : localStorage;
    if (text === undefined) storage.removeItem(`isocache.${name}`);
    else storage.setItem(`isocache.${name}`, text);
    return true;
  } catch {
    return false;
  }
}
