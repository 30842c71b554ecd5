// The texts of commands, flags, replies and errors. They are longer than all the rest, so the page loads them later.

export type Texts = typeof import('./all-texts.js');

let loaded: Texts | undefined;

/** Once it is done, explainRequest() and explainReply() have meanings and examples. */
export async function loadTexts(): Promise<void> {
  loaded ??= await import('./all-texts.js');
}

export function texts(): Texts | undefined {
  return loaded;
}
