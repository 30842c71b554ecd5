// What the scripts change in the built index.html.

/** Says on <html> where the page comes from: "isocached", or "none" for the single file. */
export function markServer(html, server) {
  const marked = html.replace(/<html\b/, `<html data-server="${server}"`);
  if (marked === html) throw new Error('index.html has no <html>');
  return marked;
}
