// Why there is no engine, and what a person can do about it.

export interface Failure {
  readonly title: string;
  readonly text: string;
  /** What the machine said. */
  readonly detail: string;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** For an error of loading the engine. */
export function failureOf(error: unknown): Failure {
  const detail = messageOf(error);
  if (typeof WebAssembly === 'undefined') {
    return {
      title: 'This browser runs no WebAssembly here',
      text:
        'The playground is the real cache, compiled to WebAssembly. Some browsers turn it off in their strictest mode ' +
        '(Lockdown Mode on iOS, "JIT off" settings): allow it for this page, or open the page in another browser.',
      detail,
    };
  }
  if (/unsafe-eval|Content Security Policy/i.test(detail)) {
    return {
      title: 'A policy of this page forbids WebAssembly',
      text:
        "The server's Content-Security-Policy must allow 'wasm-unsafe-eval' in script-src. isocached's own policy " +
        'does; a proxy in front of it may have replaced it.',
      detail,
    };
  }
  if (/magic word|magic number|expected magic|CompileError/i.test(`${error} ${detail}`)) {
    return {
      title: "The engine's file is not what it should be",
      text:
        'The server sent something else in place of the .wasm file, perhaps a page that says "not found". Copy all ' +
        'files of the playground, the folder assets too, and reload.',
      detail,
    };
  }
  return {
    title: 'The engine could not be loaded',
    text:
      "The page's .wasm file did not arrive. Is the server still running, and is the folder assets complete? Then " +
      'reload. If you are offline, open the single file playground.html instead: it has everything inside.',
    detail,
  };
}
