// What the scripts change in the built index.html.

/** `by` is a function, so that no $ in it has a meaning. Throws if there is nothing to replace. */
export function replaceOnce(html, what, by) {
  const replaced = html.replace(what, by);
  if (replaced === html) throw new Error(`index.html has no ${what}`);
  return replaced;
}

/** Says on <html> where the page comes from: "isocached", or "none" for the single file. */
export const markServer = (html, server) => replaceOnce(html, /<html\b/, () => `<html data-server="${server}"`);
