// Where isocached, which follows memcached 1.6.45, is known to differ from Debian's memcached 1.6.18,
// and where it differs from both on purpose. The one place that lists them: the random streams avoid
// the commands marked 'avoid', and compare only whether both report an error for those marked 'words'.
//
// A rule sees the words of the command line (keys and cas ids already in place) and its data block
// (null without one).

const META = new Set(['mg', 'ms', 'md', 'ma']);
const STORAGE = new Set(['set', 'add', 'replace', 'append', 'prepend', 'cas']);
const KNOWN_FLAGS = 'bcfhklqstuvxOPLCEFIMNRTDJ';
const MAX_KEY_BYTES = 250;
const MAX_META_WORDS = 20;

const isNumber = (word) => /^\d+$/.test(word);
const isSigned = (word) => /^-?\d+$/.test(word);
const isInt32 = (word) => isSigned(word) && Math.abs(Number(word)) < 2 ** 31;
const is32 = (word) => isNumber(word) && BigInt(word) < 2n ** 32n;
const isSigned64 = (word) => isSigned(word) && BigInt.asIntN(64, BigInt(word)) === BigInt(word);
const is64 = (word) => isNumber(word) && BigInt(word) < 2n ** 64n;
const flagsOf = (words) => words.slice(words[0] === 'ms' ? 3 : 2);
const flag = (words, letter) => flagsOf(words).find((word) => word[0] === letter);
const has = (words, letter) => flag(words, letter) !== undefined;
const noreply = (words) => words.at(-1) === 'noreply';
const neededWords = {
  get: 2,
  gets: 2,
  gat: 3,
  gats: 3,
  incr: 3,
  decr: 3,
  touch: 3,
  delete: 2,
  mg: 2,
  ms: 3,
  md: 2,
  ma: 2,
};

const badMetaNumber = (words) =>
  flagsOf(words).some((word) => {
    const rest = word.slice(1);
    switch (word[0]) {
      case 'T':
      case 'N':
      case 'R':
        return !isInt32(rest);
      case 'F':
        return !is32(rest);
      case 'C':
      case 'J':
      case 'D':
        return !is64(rest);
      default:
        return false;
    }
  });
const badMetaFlag = (words) => {
  const letters = flagsOf(words).map((word) => word[0]);
  return new Set(letters).size !== letters.length || letters.some((letter) => !KNOWN_FLAGS.includes(letter));
};

/** As memcached reads base64: other letters are skipped, '=' counts, a group with padding is the last. */
const decodes = (key) => {
  const letters = key.replace(/[^A-Za-z0-9+/=]/g, '');
  const padded = letters.match(/.{4}/g)?.find((group) => group.includes('='));
  return letters !== '' && letters.length % 4 === 0 && (padded?.match(/=/g).length ?? 0) <= 2;
};

export const differences = [
  // --- what 1.6.18 does not have --------------------------------------------------------------
  {
    reason: "E (a cas of the client's own) is newer than 1.6.18",
    verdict: 'avoid',
    applies: (words) => META.has(words[0]) && has(words, 'E'),
  },
  {
    reason: 'md x (remove the value) is newer; elsewhere x is accepted and ignored only since then',
    verdict: 'avoid',
    applies: (words) => META.has(words[0]) && has(words, 'x'),
  },
  {
    reason: 'mg C (leave the value out when the client has it) is newer',
    verdict: 'avoid',
    applies: (words) => words[0] === 'mg' && has(words, 'C') && has(words, 'v'),
  },
  {
    reason: 'ms s (final length) is newer',
    verdict: 'avoid',
    applies: (words) => words[0] === 'ms' && has(words, 's'),
  },
  {
    reason: 'ms N (append and prepend that create) is newer',
    verdict: 'avoid',
    applies: (words) => words[0] === 'ms' && has(words, 'N') && /^M[AP]/.test(flag(words, 'M') ?? ''),
  },
  {
    reason: '1.6.18 wants a mode of exactly one letter; 1.6.45 looks at the first',
    verdict: 'avoid',
    applies: (words) => META.has(words[0]) && (flag(words, 'M')?.length ?? 2) !== 2,
  },
  {
    reason: 'ma q hides the HD of an item that it created only since then',
    verdict: 'avoid',
    applies: (words) => words[0] === 'ma' && has(words, 'q') && has(words, 'N'),
  },
  {
    reason: 'me: exp had the wrong sign',
    verdict: 'avoid',
    applies: (words) => words[0] === 'me',
  },
  {
    reason: 'lru_crawler metadump begins with OK and shows flags; mgdump is newer',
    verdict: 'avoid',
    applies: (words) => words[0] === 'lru_crawler' && /dump/.test(words[1] ?? ''),
  },
  {
    reason: '20 words were one too many',
    verdict: 'avoid',
    applies: (words) => META.has(words[0]) && words.length === MAX_META_WORDS,
  },

  // --- numbers -------------------------------------------------------------------------------
  {
    reason: 'a sign before a number, and numbers that do not fit 32 bits, passed where they no longer do',
    verdict: 'avoid',
    applies: (words) =>
      words.some((word) => /^[A-Z]?\+\d/.test(word)) ||
      (['touch', 'gat', 'gats'].includes(words[0]) && words.some((word) => isSigned(word) && !isInt32(word))) ||
      (META.has(words[0]) &&
        flagsOf(words).some(
          (word) =>
            isSigned(word.slice(1)) &&
            (('TNR'.includes(word[0]) && !isInt32(word.slice(1))) || (word[0] === 'F' && !is32(word.slice(1)))),
        )),
  },

  {
    reason: 'a minus before a number that wraps around to less than 2^63 passed',
    verdict: 'avoid',
    applies: (words) =>
      words.some((word) => /^[A-Z]?-\d+$/.test(word) && BigInt(word.replace(/^[A-Z]?-/, '')) > 2n ** 63n),
  },

  // --- bad lines -----------------------------------------------------------------------------
  {
    reason: 'after a storage line that is refused, 1.6.18 takes the data block for commands',
    verdict: 'avoid',
    applies: (words) =>
      STORAGE.has(words[0]) &&
      (words.length < (words[0] === 'cas' ? 6 : 5) ||
        words[1].length > MAX_KEY_BYTES ||
        !is64(words[2]) ||
        !isSigned64(words[3]) ||
        !isInt32(words[4]) ||
        Number(words[4]) < 0 ||
        (words[0] === 'cas' && !is64(words[5]))),
  },
  {
    reason: 'the same for ms with a key that is too long, and for a length that is none',
    verdict: 'avoid',
    applies: (words, data) =>
      words[0] === 'ms' &&
      data !== null &&
      (words[1].length > MAX_KEY_BYTES || !isInt32(words[2]) || Number(words[2]) < 0),
  },
  {
    reason: 'a word is missing: 1.6.18 says ERROR, 1.6.45 CLIENT_ERROR bad command line format',
    verdict: 'words',
    applies: (words) =>
      words.filter((word) => word !== '').length < (neededWords[words[0]] ?? 1) ||
      (STORAGE.has(words[0]) && words.length < 5) ||
      (words[0] === 'verbosity' && words.length < 2) ||
      words.join('') === '',
  },
  {
    reason: 'noreply counts as a word, so that a missing one is hidden or not',
    verdict: 'avoid',
    applies: (words) => ['incr', 'decr', 'touch'].includes(words[0]) && words.length < 4 && noreply(words),
  },
  {
    reason: 'words too many: ERROR in 1.6.18, ignored in 1.6.45',
    verdict: 'avoid',
    applies: (words) => words.length > ({ incr: 4, decr: 4, touch: 4, verbosity: 3, flush_all: 3 }[words[0]] ?? 1000),
  },
  {
    reason: 'an empty key or word between two spaces was dropped before words were counted',
    verdict: 'avoid',
    applies: (words) => !['get', 'gets'].includes(words[0]) && words.slice(1).includes(''),
  },
  {
    reason: 'a retrieval with a key that is too long ends its error with an empty line more',
    verdict: 'words',
    applies: (words) =>
      ['get', 'gets', 'gat', 'gats'].includes(words[0]) && words.some((word) => word.length > MAX_KEY_BYTES),
  },
  {
    reason: 'md and ma word errors of flags and numbers differently; which of two errors is told first',
    verdict: 'words',
    applies: (words) =>
      ['mg', 'md', 'ma'].includes(words[0]) &&
      (badMetaFlag(words) || badMetaNumber(words) || words[1]?.length > MAX_KEY_BYTES),
  },
  {
    reason: 'which of two errors in one ms line is told first',
    verdict: 'words',
    applies: (words) => words[0] === 'ms' && (badMetaFlag(words) || badMetaNumber(words)),
  },
  {
    reason: 'what is left over of a data block that ends early may be an empty line, which is worded otherwise',
    verdict: 'avoid',
    applies: (words, data) => data?.includes('\r\n') && Number(words[words[0] === 'ms' ? 2 : 4]) !== data.length,
  },
  {
    reason: 'what is left over of a bad data block may be an empty line, which is worded otherwise',
    verdict: 'words',
    applies: (words, data) =>
      data !== null &&
      isNumber(words[words[0] === 'ms' ? 2 : 4] ?? '') &&
      Number(words[words[0] === 'ms' ? 2 : 4]) !== data.length,
  },

  {
    reason: 'md words a key that is not base64 as it words flags',
    verdict: 'words',
    applies: (words) => words[0] === 'md' && has(words, 'b') && !decodes(words[1]),
  },

  // --- times --------------------------------------------------------------------------------
  {
    reason: 'ma T: 1.6.18 forgets the new time when the number gets longer (D0 keeps it as it is)',
    verdict: 'avoid',
    applies: (words) => words[0] === 'ma' && has(words, 'T') && flag(words, 'D') !== 'D0',
  },
  {
    reason: 'an mg that is refused for its opaque counts as a read in 1.6.18 (h)',
    verdict: 'avoid',
    applies: (words) => words[0] === 'mg' && (flag(words, 'O')?.length ?? 0) > 32,
  },

  // --- binary keys ---------------------------------------------------------------------------
  {
    reason:
      '1.6.18 forgets that a key is binary when mg N or ma N creates the item, append copies it, or a number gets longer',
    verdict: 'avoid',
    applies: (words) =>
      META.has(words[0]) &&
      has(words, 'b') &&
      (has(words, 'N') ||
        /^M[AP]/.test(flag(words, 'M') ?? '') ||
        (words[0] === 'ma' && !/^D0/.test(flag(words, 'D') ?? '') && !/^M[D-]/i.test(flag(words, 'M') ?? ''))),
  },
];

/**
 * Not about one command: memcached changes a number in place only while no reply that is still to be
 * sent refers to the item. Otherwise it makes a new item: as long as the number, not read yet (h0).
 * In one pipeline that depends on who reads when; so arithmetic never follows a retrieval in one.
 */
export function mustWaitForReplies(line, batch) {
  return /^(incr|decr|ma) /.test(line) && batch.some((command) => /^(gets?|gats?|mg) /.test(command.line));
}

/*
 * Nor is this: memcached looks for a minus before a number of 2^63 or more, and looks on behind the item's end, up to
 * the next byte that is 0. So now and then `incr` and `decr` call such a value non-numeric, for what others left in
 * that memory. About one stream in 100,000 differs for it, and does not when it is played again.
 */

/** What to do with a command: null (compare exactly), 'words' or 'avoid'. */
export function verdictOf(line, data) {
  const words = line.split(' ');
  const verdicts = differences.filter((difference) => difference.applies(words, data)).map(({ verdict }) => verdict);
  return verdicts.includes('avoid') ? 'avoid' : (verdicts[0] ?? null);
}
