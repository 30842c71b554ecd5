export function Races() {
  return null;
}
