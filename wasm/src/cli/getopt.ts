// Reads a command line as memcached does, by getopt_long(): `-p 11211`, `-p11211`, `-vvp 11211`, `--port=11211`,
// `--port 11211`, and long names cut short.

/** What a flag is called, and whether a value follows it. */
export interface FlagName {
  /** A flag without a letter has its long name only. */
  readonly letter?: string;
  readonly name: string;
  /** What its value is called in the help. A flag without a value has none. */
  readonly value?: string;
}

/** One flag as it was given. */
export interface Given<Flag extends FlagName> {
  readonly flag: Flag;
  /** As the user wrote it: `-p` or `--port`. */
  readonly as: string;
  readonly value: string;
}

/** The command line makes no sense. */
export class UsageError extends Error {}

export function getopt<Flag extends FlagName>(args: readonly string[], flags: readonly Flag[]): Given<Flag>[] {
  const given: Given<Flag>[] = [];
  const left = [...args];
  const takeValue = (as: string, flag: Flag) => {
    const value = left.shift();
    if (value === undefined) throw new UsageError(`${as} needs a value: ${flag.value}`);
    return value;
  };
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--' && left.length === 0) break;
    if (word.startsWith('--') && word !== '--') given.push(longFlag(word, flags, takeValue));
    else if (word.startsWith('-') && word.length > 1) given.push(...letters(word, flags, takeValue));
    else throw new UsageError(`${word}: not a flag`);
  }
  return given;
}

type TakeValue<Flag> = (as: string, flag: Flag) => string;

function longFlag<Flag extends FlagName>(
  word: string,
  flags: readonly Flag[],
  takeValue: TakeValue<Flag>,
): Given<Flag> {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const exact = flags.filter((flag) => flag.name === name);
  const [flag, other] = exact.length > 0 ? exact : flags.filter((flag) => flag.name.startsWith(name));
  const as = `--${name}`;
  if (flag === undefined) throw new UsageError(`${as}: no such flag`);
  if (other !== undefined) throw new UsageError(`${as}: --${flag.name} or --${other.name}?`);
  if (flag.value === undefined) {
    if (equals >= 0) throw new UsageError(`${as} takes no value`);
    return { flag, as, value: '' };
  }
  return { flag, as, value: equals >= 0 ? word.slice(equals + 1) : takeValue(as, flag) };
}

/** `-vvp11211`: what follows the first flag with a value is that value. */
function letters<Flag extends FlagName>(
  word: string,
  flags: readonly Flag[],
  takeValue: TakeValue<Flag>,
): Given<Flag>[] {
  const given: Given<Flag>[] = [];
  for (let at = 1; at < word.length; ++at) {
    const as = `-${word[at]}`;
    const flag = flags.find(({ letter }) => letter === word[at]);
    if (flag === undefined) throw new UsageError(`${as}: no such flag`);
    if (flag.value === undefined) {
      given.push({ flag, as, value: '' });
    } else {
      const rest = word.slice(at + 1);
      given.push({ flag, as, value: rest === '' ? takeValue(as, flag) : rest });
      break;
    }
  }
  return given;
}
