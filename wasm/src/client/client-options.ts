// The names of all options of createClient(), wherever it runs.

export const CLIENT_OPTIONS = [
  'host',
  'port',
  'path',
  'tls',
  'url',
  'WebSocket',
  'store',
  'connect',
  'transport',
  'timeout',
  'maxItemSize',
  'now',
  'onError',
];
