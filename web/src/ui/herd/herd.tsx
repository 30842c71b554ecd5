export function Herd() {
  return null;
}
