// Bytes as the transcripts write them: C escapes and repetitions.

const NAMED = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '\0': '\\0', '\\': '\\\\' };

/** Text with `\r \n \t \0 \\ \xHH` -> latin1 string, one character a byte. */
export function unescape(text) {
  return text.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (whole, code) => {
    switch (code[0]) {
      case 'r':
        return '\r';
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case '0':
        return '\0';
      case '\\':
        return '\\';
      case '"':
        return '"';
      case 'x':
        if (code.length === 3) return String.fromCharCode(parseInt(code.slice(1), 16));
    }
    throw new Error(`unknown escape ${whole}`);
  });
}

/** The opposite of unescape(). */
export function escape(bytes) {
  return bytes.replace(
    /[\0-\x1f\\\x7f-\xff]/g,
    (c) => NAMED[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** `{250*k}` -> k, 250 times. */
export function expandRepeats(text) {
  return text.replace(/\{(\d+)\*([^{}]*)\}/g, (_, count, what) => what.repeat(Number(count)));
}

/** For messages: escaped, the middle of long ones left out. */
export function show(bytes, limit = 400) {
  const text = escape(bytes);
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  return `${text.slice(0, half)}[... ${text.length - 2 * half} characters ...]${text.slice(-half)}`;
}
