"""The completion script for bash."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote

from cpal.faces.cli.grammar import Grammar, Rule

ROOT = "cpal"
NO_VALUE, UNKNOWN = "-", "?"


def table(name: str, entries: Iterable[tuple[str, str]]) -> str:
    """An associative array, for bash and zsh."""
    lines = "".join(f"  [{quote(key)}]={quote(value)}\n" for key, value in entries)
    return f"{name}=(\n{lines})\n"


def path_of(path: str) -> str:
    """The key of a path of verbs: never empty, since arrays have no empty keys."""
    return f"{ROOT} {path}".strip()


def arguments(rule: Rule) -> str:
    """The sources of a rule's arguments, each before a `|`; `+` ends them when the last repeats."""
    return "".join(f"{source or UNKNOWN}|" for source in rule.arguments) + ("+" if rule.repeats else "")


def tables(grammar: Grammar) -> dict[str, list[tuple[str, str]]]:
    """Verbs, flags, values of flags and arguments by path, and kinds: what the functions of bash look up."""
    rules = [(path_of(path), rule) for path, rule in grammar.rules.items()]
    return {
        "words": [(path, " ".join(word for word, _ in rule.words)) for path, rule in rules if rule.words],
        "flags": [(path, " ".join(flag.word for flag in rule.flags)) for path, rule in rules],
        "value": [
            (f"{path} {flag.word}", NO_VALUE if flag.value is None else flag.value or UNKNOWN)
            for path, rule in rules
            for flag in rule.flags
        ],
        "arguments": [(path, arguments(rule)) for path, rule in rules if rule.arguments],
        "kinds": list(grammar.kinds.items()),
    }


def script(grammar: Grammar) -> str:
    """The script."""
    declared = "".join(f"declare -gA {table(f'__cpal_{name}', entries)}" for name, entries in tables(grammar).items())
    return _SCRIPT.replace("@TABLES@", declared).replace("@REFRESH@", " ".join(map(quote, grammar.refresh)))


_SCRIPT = r"""# bash completion for cpal, made by `cpal completion bash`.

@TABLES@
# Add the candidates that begin with $2, which was typed; $1 stands before each.
__cpal_offer() {
  local before=$1 typed=$2 name
  shift 2
  for name; do
    [[ $name == "$typed"* ]] && __cpal_found+=("$before$name")
  done
}

# Add the names of kind $1 that begin with $3, each after $2. A line that begins with a tab is a prefix of more names.
__cpal_names() {
  local kind=$1 before=$2 typed=$3 prefix=$3 lines line
  local home=${CPAL_HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/cpal}
  local names=$home/names store=$home/store.db until=0 now
  if [[ ${CPAL_STORE-} ]]; then
    printf -v now '%(%s)T' -1
    [[ ! -r $names/until ]] || read -r until <"$names/until"
    ((now < until)) || @REFRESH@ "$home" >/dev/null 2>&1
  else
    [[ -e $store ]] || return
    if [[ -e $names/until || ! $names/stamp -nt $store || ( -s $store-wal && ! $names/stamp -nt $store-wal ) ]]; then
      @REFRESH@ "$home" >/dev/null 2>&1
    fi
  fi
  until line=${prefix//%/%%} && line=$names/$kind/_${line//\//%-} && [[ -r $line ]]; do
    [[ $prefix ]] || return
    prefix=${prefix%?}
  done
  mapfile -t lines <"$line"
  for line in "${lines[@]}"; do
    if [[ $line == $'\t'* ]]; then
      line=${line#$'\t'}
      [[ $line == "$typed"* ]] && compopt -o nospace 2>/dev/null
    fi
    [[ $line == "$typed"* ]] && __cpal_found+=("$before$line")
  done
}

# Add what source $1 offers for $2; $3 is the word that said the kind.
__cpal_source() {
  local source=$1 typed=$2 kind before
  case $source in
    @files) files=yes; compopt -o filenames 2>/dev/null; mapfile -t __cpal_found < <(compgen -f -- "$typed") ;;
    @name)
      kind=${3,,}
      kind=${__cpal_kinds["${kind//_/-}"]-}
      [[ $kind ]] && __cpal_names "$kind" "" "$typed" ;;
    "name "*) __cpal_names "${source#name }" "" "$typed" ;;
    "names "*)
      [[ $typed == *,* ]] && before=${typed%,*},
      __cpal_names "${source#names }" "${before-}" "${typed##*,}" ;;
    "words "*) __cpal_offer "" "$typed" ${source#words } ;;
  esac
}

_cpal() {
  local words word current path=cpal waiting="" value sources number plain name files=""
  local -a arguments=() __cpal_found=()
  local line=${COMP_LINE:0:COMP_POINT}
  # The words as cpal will see them: bash's own would be cut at each : and =.
  read -a words <<<"$line"
  current=""
  if [[ $line != *[[:space:]] || $line == *"\\ " ]]; then
    current=${words[-1]}
    unset "words[-1]"
  fi
  for word in "${words[@]:1}"; do
    if [[ $waiting ]]; then
      waiting=""
    elif [[ $word == -* ]]; then
      value=${__cpal_value["$path $word"]-}
      [[ $value && $value != - ]] && waiting=$value
    elif [[ " ${__cpal_words["$path"]-} " == *" $word "* ]]; then
      path+=" $word"
    else
      arguments+=("$word")
    fi
  done
  if [[ $waiting ]]; then
    __cpal_source "$waiting" "$current" "${arguments[0]-}"
  elif [[ $current == --*=* ]]; then
    value=${__cpal_value["$path ${current%%=*}"]-}
    __cpal_source "$value" "${current#*=}" "${arguments[0]-}"
    __cpal_found=("${__cpal_found[@]/#/${current%%=*}=}")
  elif [[ $current == -* ]]; then
    __cpal_offer "" "$current" ${__cpal_flags["$path"]-}
  elif [[ ${__cpal_words["$path"]-} ]]; then
    __cpal_offer "" "$current" ${__cpal_words["$path"]}
  else
    IFS='|' read -ra sources <<<"${__cpal_arguments["$path"]-}"
    number=${#arguments[@]}
    if ((${#sources[@]})) && [[ ${sources[-1]} == + ]]; then
      unset "sources[-1]"
      ((number >= ${#sources[@]})) && number=$((${#sources[@]} - 1))
    fi
    __cpal_source "${sources[number]-}" "$current" "${arguments[0]-}"
  fi
  # Readline replaces only what stands behind the last : or = of the word.
  value=$current
  plain=""
  [[ $COMP_WORDBREAKS == *:* && $value == *:* ]] && plain=${value%"${value##*:}"}
  [[ $COMP_WORDBREAKS == *=* && ${value#"$plain"} == *=* ]] && plain=${value%"${value##*=}"}
  COMPREPLY=()
  for name in "${__cpal_found[@]}"; do
    name=${name#"$plain"}
    [[ $files || $name != *[^[:alnum:]_./:=,@%+-]* ]] || printf -v name %q "$name"
    COMPREPLY+=("$name")
  done
}

complete -F _cpal cpal
"""
