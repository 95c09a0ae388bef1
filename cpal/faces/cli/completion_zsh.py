"""The completion script for zsh."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote

from cpal.faces.cli.completion_bash import path_of, table, tables
from cpal.faces.cli.grammar import Grammar


def script(grammar: Grammar) -> str:
    """The script."""
    found = tables(grammar)
    rules = [(path_of(path), rule) for path, rule in grammar.rules.items()]
    found["words"] = [(path, _described(rule.words)) for path, rule in rules if rule.words]
    found["flags"] = [(path, _described((flag.word, flag.help) for flag in rule.flags)) for path, rule in rules]
    declared = "".join(f"typeset -gA __cpal_{name}\n{table(f'__cpal_{name}', each)}" for name, each in found.items())
    return _SCRIPT.replace("@TABLES@", declared).replace("@REFRESH@", " ".join(map(quote, grammar.refresh)))


def _described(pairs: Iterable[tuple[str, str]]) -> str:
    """Words with what they do, as `_describe` takes them, a line each."""
    return "\n".join(f"{word}:{help}".replace("\n", " ") if help else word for word, help in pairs)


_SCRIPT = r"""#compdef cpal
# zsh completion for cpal, made by `cpal completion zsh`.

@TABLES@
# Offer the names of kind $1. A line that begins with a tab is a prefix of more names.
__cpal_names() {
  local kind=$1 typed=${(Q)PREFIX} prefix file line
  local home=${CPAL_HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/cpal}
  local names=$home/names store=$home/store.db until=0
  local -a lines whole more
  if [[ -n ${CPAL_STORE-} ]]; then
    zmodload -F zsh/datetime p:EPOCHSECONDS
    [[ ! -r $names/until ]] || read -r until <$names/until
    ((EPOCHSECONDS < until)) || @REFRESH@ "$home" >/dev/null 2>&1
  else
    [[ -e $store ]] || return 1
    if [[ -e $names/until || ! $names/stamp -nt $store || ( -s $store-wal && ! $names/stamp -nt $store-wal ) ]]; then
      @REFRESH@ "$home" >/dev/null 2>&1
    fi
  fi
  prefix=$typed
  while true; do
    file=${prefix//\%/%%}
    file=$names/$kind/_${file//\//%-}
    [[ -r $file ]] && break
    [[ -n $prefix ]] || return 1
    prefix=${prefix%?}
  done
  lines=("${(@f)$(<$file)}")
  for line in "${lines[@]}"; do
    if [[ $line == $'\t'* ]]; then
      more+=("${line#$'\t'}")
    elif [[ -n $line ]]; then
      whole+=("$line")
    fi
  done
  (( ${#whole} )) && compadd -a whole
  (( ${#more} )) && compadd -S '' -a more
}

# Offer what source $1 says; $2 is the word that said the kind.
__cpal_source() {
  local kind
  local -a offered
  case $1 in
    (@files) _files ;;
    (@name)
      kind=${2:l}
      kind=${__cpal_kinds[${kind//_/-}]}
      [[ -n $kind ]] && __cpal_names "$kind" ;;
    ("name "*) __cpal_names "${1#name }" ;;
    ("names "*) compset -P '*,'; __cpal_names "${1#names }" ;;
    ("words "*) offered=(${(s: :)1#words }); compadd -a offered ;;
  esac
}

_cpal() {
  local word route=cpal waiting="" value number described
  local -a arguments sources offered verbs
  for word in "${(@)words[2,CURRENT-1]}"; do
    word=${(Q)word}
    verbs=("${(@)${(@f)__cpal_words[$route]}%%:*}")
    if [[ -n $waiting ]]; then
      waiting=""
    elif [[ $word == -* ]]; then
      value=${__cpal_value[$route $word]}
      [[ -n $value && $value != - ]] && waiting=$value
    elif (( ${verbs[(Ie)$word]} )); then
      route+=" $word"
    else
      arguments+=("$word")
    fi
  done
  if [[ -n $waiting ]]; then
    __cpal_source "$waiting" "${arguments[1]}"
  elif [[ $PREFIX == --*=* ]]; then
    value=${__cpal_value[$route ${PREFIX%%=*}]}
    compset -P '*='
    __cpal_source "$value" "${arguments[1]}"
  elif [[ $PREFIX == -* ]]; then
    offered=("${(@f)__cpal_flags[$route]}")
    _describe -o flag offered
  elif [[ -n ${__cpal_words[$route]} ]]; then
    offered=("${(@f)__cpal_words[$route]}")
    _describe verb offered
  else
    sources=("${(@s:|:)__cpal_arguments[$route]}")
    number=$(( ${#arguments} + 1 ))
    if [[ ${sources[-1]} == + ]]; then
      sources[-1]=()
      (( number > ${#sources} )) && number=${#sources}
    fi
    __cpal_source "${sources[number]}" "${arguments[1]}"
  fi
}

if [[ ${funcstack[1]} == _cpal ]]; then
  _cpal "$@"
else
  compdef _cpal cpal
fi
"""
