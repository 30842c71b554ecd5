/** Inside a dialog with a heading and a close button. */
export function LiveDialog() {
  return null;
}
