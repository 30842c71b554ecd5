// Completion of the command line in shells, made from the tables.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "native/cli/flag_table.h"

namespace isocache {
namespace {

bool is_file(std::string_view argument) { return argument == "<file>"; }

// All spellings of a flag: "-m" and "--memory-limit", or the only one.
std::vector<std::string> spellings(const Flag& flag) {
  std::vector<std::string> names;
  if (flag.letter != kNoLetter) names.push_back(fmt::format("-{}", flag.letter));
  if (!flag.name.empty()) names.push_back(fmt::format("--{}", flag.name));
  return names;
}

// The words of -o as a user begins them: "idle_timeout=", "no_maxconns_fast".
std::vector<std::string> word_beginnings() {
  std::vector<std::string> words;
  for (const Word& word : word_table()) {
    if (word.purpose == Purpose::kRefused) continue;
    words.push_back(fmt::format("{}{}", word.name, word.argument.empty() ? "" : "="));
  }
  return words;
}

// Quotes text for '...' in sh and zsh.
std::string quoted(std::string_view text) {
  std::string safe;
  for (const char c : text) safe += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return safe;
}

// The completion of a flag's value, as a branch of bash's `case`.
std::string bash_branch(const Flag& flag) {
  if (flag.argument.empty()) return {};
  std::string complete = "return";  // any value may follow: nothing to propose
  if (flag.letter == 'o') {
    complete = "_isocached_words";
  } else if (is_file(flag.argument)) {
    complete = "COMPREPLY=($(compgen -f -- \"$word\"))";
  } else if (const auto names = choices(flag.argument); !names.empty()) {
    complete = fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\"))", fmt::join(names, " "));
  }
  return fmt::format("    {}) {}; return ;;\n", fmt::join(spellings(flag), "|"),
                     complete == "return" ? ":" : complete);
}

// The words of -o whose value is a file.
std::vector<std::string_view> file_words() {
  std::vector<std::string_view> names;
  for (const Word& word : word_table()) {
    if (is_file(word.argument) && word.purpose != Purpose::kRefused) names.push_back(word.name);
  }
  return names;
}

// Joins words into a pattern of bash's `case`.
std::string bash_file_words() { return fmt::format("'-o {}'", fmt::join(file_words(), "'|'-o ")); }

// Quotes text for _arguments, which has its own quotes, brackets and colons.
std::string zsh_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') safe += '\\';
    safe += c;
  }
  return quoted(safe);
}

std::string zsh_argument(const Flag& flag) {
  if (flag.argument.empty()) return {};
  std::string action;
  if (flag.letter == 'o') {
    action = "_isocached_words";
  } else if (is_file(flag.argument)) {
    action = "_files";
  } else if (const auto names = choices(flag.argument); !names.empty()) {
    action = fmt::format("({})", fmt::join(names, " "));
  }
  return fmt::format(":{}:{}", zsh_text(flag.argument), action);
}

std::string zsh_spec(const Flag& flag) {
  std::string specs;
  for (const std::string& name : spellings(flag)) {
    const bool is_long = name.starts_with("--");
    const std::string_view joint = flag.argument.empty() ? "" : is_long ? "=" : "+";
    specs +=
        fmt::format("    '*{}{}[{}]{}' \\\n", name, joint, zsh_text(flag.help), zsh_argument(flag));
  }
  return specs;
}

// Quotes text for '...' in fish, where a backslash escapes.
std::string fish_quoted(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string fish_line(const Flag& flag) {
  std::string line = "complete -c isocached -n 'not __fish_seen_subcommand_from top'";
  if (flag.letter != kNoLetter) line += fmt::format(" -s {}", flag.letter);
  if (!flag.name.empty()) line += fmt::format(" -l {}", flag.name);
  if (flag.letter == 'o') {
    line += " -x -a '(__isocached_words)'";
  } else if (is_file(flag.argument)) {
    line += " -r -F";
  } else if (const auto names = choices(flag.argument); !names.empty()) {
    line += fmt::format(" -x -a '{}'", fmt::join(names, " "));
  } else if (!flag.argument.empty()) {
    line += " -x";
  }
  return fmt::format("{} -d '{}'\n", line, fish_quoted(flag.help));
}

}  // namespace

std::string bash_completion() {
  std::string branches;
  std::string names;
  for (const Flag& flag : flag_table()) {
    if (flag.purpose == Purpose::kRefused) continue;
    branches += bash_branch(flag);
    for (const std::string& name : spellings(flag)) names += " " + name;
  }
  // Words of -o are separated by commas. bash splits words at "=": --name=value is three words, and
  // so is name=value of -o. In that case `flag` is "-o name".
  return fmt::format(R"(# bash completion for isocached; made by isocached --print bash
_isocached_words() {{
  local before=""
  [[ $word != *,* ]] || before="${{word%,*}},"
  COMPREPLY=($(compgen -P "$before" -W '{0}' -- "${{word##*,}}"))
  compopt -o nospace
}}

_isocached() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" flag=""
  ((COMP_CWORD == 0)) || flag="${{COMP_WORDS[COMP_CWORD - 1]}}"
  if [[ $word == = ]]; then
    word=""
    [[ $flag == -* ]] || flag="-o ${{flag##*,}}"
  elif [[ $flag == = ]]; then
    flag="${{COMP_WORDS[COMP_CWORD - 2]}}"
    [[ $flag == -* ]] || flag="-o ${{flag##*,}}"
  fi
  COMPREPLY=()
  if [[ ${{COMP_WORDS[1]}} == top ]] && ((COMP_CWORD > 1)); then
    case "$flag" in
      --login|--ca) COMPREPLY=($(compgen -f -- "$word")) ;;
      --seconds|--rows) ;;
      *) COMPREPLY=($(compgen -W '--once --seconds --rows --login --ca --no-verify --help' -- "$word")) ;;
    esac
    return
  fi
  [[ $flag != "-o "* || $word != *,* ]] || flag="-o"
  case "$flag" in
{1}    {3}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    '-o '*) return ;;
  esac
  local names='{2}'
  if [[ ${{COMP_WORDS[1]}} == healthcheck ]]; then
    names+=' --no-verify'
  else
    names+=' healthcheck top'
  fi
  COMPREPLY=($(compgen -W "$names" -- "$word"))
}}
complete -F _isocached isocached
)",
                     fmt::join(word_beginnings(), " "), branches, names.substr(1),
                     bash_file_words());
}

std::string zsh_completion() {
  std::string specs;
  for (const Flag& flag : flag_table()) {
    if (flag.purpose != Purpose::kRefused) specs += zsh_spec(flag);
  }
  return fmt::format(R"(#compdef isocached
# zsh completion for isocached; made by isocached --print zsh
_isocached_words() {{
  compset -P '*,'
  if compset -P '({2})='; then
    _files
    return
  fi
  compadd -S '' -- {0}
}}

_isocached() {{
  local more=()
  [[ $words[2] != healthcheck ]] || more=('--no-verify[believe any certificate]' '2:address:_files')
  if [[ $words[2] == top ]]; then
    _arguments '1:command:(top)' '2:address:_files' '--once[print one second, and end]' \
      '--help[print help and exit]' '--seconds[print so many, and end]:seconds' \
      '--rows[so many keys and prefixes]:rows' '--login[user\:password is its first line]:file:_files' \
      '--ca[who may vouch for the server]:file:_files' '--no-verify[believe any certificate]'
    return
  fi
  _arguments -s $more \
{1}    '1:command:(healthcheck top)'
}}

_isocached "$@"
)",
                     fmt::join(word_beginnings(), " "), specs, fmt::join(file_words(), "|"));
}

std::string fish_completion() {
  // A proposal replaces everything that was typed of the argument, including the words before a
  // comma.
  std::string text = fmt::format(R"(# fish completion for isocached; made by isocached --print fish
function __isocached_words
    set -l typed (commandline -ct | string replace -r '^(-o|--extended=)' '')
    set -l before (string match -r '^.*,' -- "$typed")
    set -l name (string match -r '^(?:{1})=' -- (string replace -r '^.*,' '' -- "$typed"))
    set -l proposals {0}
    if test -n "$name"
        set before "$before$name"
        set proposals (__fish_complete_path (string replace -- "$before" '' "$typed"))
    end
    for proposal in $proposals
        echo -- "$before$proposal"
    end
end
complete -c isocached -f
complete -c isocached -n __fish_is_first_arg -a healthcheck -d 'ask whether a server is well'
complete -c isocached -n __fish_is_first_arg -a top -d 'show what happens in a server'
complete -c isocached -n '__fish_seen_subcommand_from top' -s h -l help -d 'print help and exit'
complete -c isocached -n '__fish_seen_subcommand_from top' -l once -d 'print one second, and end'
complete -c isocached -n '__fish_seen_subcommand_from top' -l seconds -x -d 'print so many, and end'
complete -c isocached -n '__fish_seen_subcommand_from top' -l rows -x -d 'so many keys and prefixes'
complete -c isocached -n '__fish_seen_subcommand_from top' -l login -rF -d 'user:password is its first line'
complete -c isocached -n '__fish_seen_subcommand_from top' -l ca -rF -d 'who may vouch for the server'
complete -c isocached -n '__fish_seen_subcommand_from top' -l no-verify -d 'believe any certificate'
complete -c isocached -n '__fish_seen_subcommand_from healthcheck' -l no-verify -d 'believe any certificate'
)",
                                 fmt::join(word_beginnings(), " "), fmt::join(file_words(), "|"));
  for (const Flag& flag : flag_table()) {
    if (flag.purpose != Purpose::kRefused) text += fish_line(flag);
  }
  return text;
}

}  // namespace isocache
