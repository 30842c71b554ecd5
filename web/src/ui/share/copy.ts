// Copying and saving what the page has written.

/** Copies the text of a field. Without a clipboard (plain http) the text is selected, ready for the keys that copy. */
export async function copyField(field: HTMLInputElement | HTMLTextAreaElement): Promise<'copied' | 'selected'> {
  try {
    await navigator.clipboard.writeText(field.value);
    return 'copied';
  } catch {
    // No clipboard here, or it was refused: both leave the work to the person.
    field.focus();
    field.select();
    return 'selected';
  }
}

/** What to say of a copy. */
export const COPY_WORDS = {
  copied: 'Copied.',
  selected: 'The text is selected: press Ctrl+C (or ⌘C) to copy it.',
};

/** Saves a text as a file on the person's device. */
export function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the text by the time that the click returns to the event loop.
  setTimeout(() => URL.revokeObjectURL(address));
}
