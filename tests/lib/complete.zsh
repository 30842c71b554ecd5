# zsh -f complete.zsh SCRIPT LINE...: types each line and a tab into a zsh that has the completion script,
# and prints what the line is then. SCRIPT is named as zsh wants it: _isocached.
zmodload zsh/zpty
answers=$(mktemp)
trap 'rm -f $answers' EXIT

zpty shell zsh -f -i
zpty -w shell "PROMPT= RPROMPT= fpath=($1:h \$fpath)"
zpty -w shell "autoload -Uz compinit $1:t; compinit -u -D; compdef $1:t isocached"
zpty -w shell "unsetopt auto_menu beep; bindkey '^I' complete-word; bindkey '^X' show"
zpty -w shell "show() { print -r -- \"\$BUFFER\" >> $answers; BUFFER= }; zle -N show; print ready >> $answers"

# answered COUNT: there are as many answers.
answered() {
  repeat 200; do
    (( $(wc -l < $answers) < $1 )) || return 0
    zpty -r -t shell > /dev/null  # what it draws
    sleep 0.05
  done
  print -u2 "no answer in time"
  exit 1
}

answered 1
for line in "${@[2,-1]}"; do
  zpty -w -n shell "$line"$'\t\x18'
  answered $(( ++count + 1 ))
done
tail -n +2 $answers
zpty -d shell
