// The ways in which a herd may ask for one page that takes long to make.

/** What a reply to the question means for the client. */
export type Answer =
  /** The page is here, and nothing is left to do. */
  | 'here'
  /** The client has to make it, and has nothing meanwhile. */
  | 'make'
  /** The client has the old page, and is the one to make a new one. */
  | 'old, make'
  /** The client has the old page; another one makes the new one. */
  | 'old'
  /** Another client makes the page, and there is nothing meanwhile: ask again later. */
  | 'wait';

export interface Strategy {
  readonly id: 'naive' | 'lease' | 'early' | 'stale';
  readonly title: string;
  /** What a client sends, to be shown. */
  readonly command: string;
  /** One sentence. */
  readonly say: string;
  /** Commands before the herd comes; a number is seconds that pass. */
  readonly before: readonly (string | number)[];
  readonly ask: string;
  read(reply: string): Answer;
  /** Stores the page. `old` and `new` have three letters. */
  readonly store: string;
}

/** The lease and what is left of the page's time: more than a herd may take. */
export const LEASE_S = 30;

/** The reply to mg, with the flags that say who makes the page. */
function readMeta(reply: string): Answer {
  const [line = ''] = reply.split('\r\n', 1);
  const words = line.split(' ');
  const hasPage = words[0] === 'VA' && words[1] !== '0';
  if (words.includes('W')) return hasPage ? 'old, make' : 'make';
  if (words.includes('Z')) return hasPage ? 'old' : 'wait';
  return hasPage ? 'here' : 'make';
}

const naive: Strategy = {
  id: 'naive',
  title: 'get and set',
  command: 'get page',
  say: 'Whoever misses makes the page: everybody does.',
  before: ['set page 0 60 3\r\nold', 60],
  ask: 'get page',
  read: (reply) => (reply.startsWith('VALUE') ? 'here' : 'make'),
  store: 'set page 0 60 3\r\nnew',
};

const lease: Strategy = {
  id: 'lease',
  title: 'a lease',
  command: `mg page v N${LEASE_S}`,
  say: 'The first one gets the lease (`W`) and makes the page; the others are told (`Z`) and wait.',
  before: ['ms page 3 T60\r\nold', 60],
  ask: `mg page v N${LEASE_S}`,
  read: readMeta,
  store: 'ms page 3 T60\r\nnew',
};

const early: Strategy = {
  id: 'early',
  title: 'a new page before the old one ends',
  command: `mg page v N${LEASE_S} R${LEASE_S}`,
  say: `In its last ${LEASE_S} seconds one client may make the page anew (\`W\`); the others read on and nobody waits.`,
  before: ['ms page 3 T60\r\nold', 32],
  ask: `mg page v N${LEASE_S} R${LEASE_S}`,
  read: readMeta,
  store: 'ms page 3 T60\r\nnew',
};

const stale: Strategy = {
  id: 'stale',
  title: 'marked stale, not deleted',
  command: `md page I T${LEASE_S}`,
  say: 'The page has changed and is marked (`X`); one client makes it anew (`W`), everybody else reads the old one.',
  before: ['ms page 3 T60\r\nold', `md page I T${LEASE_S}`],
  ask: `mg page v N${LEASE_S}`,
  read: readMeta,
  store: 'ms page 3 T60\r\nnew',
};

export const STRATEGIES: readonly Strategy[] = [naive, lease, early, stale];
