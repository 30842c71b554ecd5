// The package's texts in a module of their own: whoever imports it is what loads them. isocache/protocol has the tables
// beside them, which the page needs from the beginning.

export {
  COMMAND_TEXTS,
  ERROR_TEXTS,
  FLAG_NAMES,
  FLAG_TEXTS,
  IGNORED_FLAG_TEXTS,
  MARK_TEXTS,
  META_CODE_TEXTS,
  MODE_TEXTS,
  REPLY_LINES,
  REPLY_TEXTS,
  SUBCOMMAND_TEXTS,
} from 'isocache/protocol';
