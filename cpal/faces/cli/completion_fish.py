"""The completion script for fish."""

from __future__ import annotations

from collections.abc import Iterable

from cpal.faces.cli.completion_bash import NO_VALUE, UNKNOWN
from cpal.faces.cli.grammar import Flag, Grammar, Rule


def script(grammar: Grammar) -> str:
    """The script."""
    rules = grammar.rules.items()
    flags = [(path, flag) for path, rule in rules for flag in rule.flags]
    functions = (
        _lookup("words", ((path, _described(rule.words)) for path, rule in rules)),
        _lookup("flags", ((path, _described((flag.word, flag.help) for flag in rule.flags)) for path, rule in rules)),
        _lookup("value", ((f"{path} {flag.word}", [_value(flag)]) for path, flag in flags)),
        _lookup("arguments", ((path, _arguments(rule)) for path, rule in rules)),
        _lookup("kind", ((word, [kind]) for word, kind in grammar.kinds.items())),
    )
    script = _SCRIPT.replace("@TABLES@", "\n".join(functions))
    return script.replace("@REFRESH@", " ".join(map(_quote, grammar.refresh)))


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _value(flag: Flag) -> str:
    return NO_VALUE if flag.value is None else flag.value or UNKNOWN


def _arguments(rule: Rule) -> list[str]:
    sources = [source or UNKNOWN for source in rule.arguments]
    return [*sources, "+"] if rule.repeats else sources


def _described(words: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{word}\t{help}" if help else word for word, help in words]


def _lookup(name: str, entries: Iterable[tuple[str, list[str]]]) -> str:
    """A function that prints the lines of a key."""
    cases = "".join(
        f"        case {_quote(key.strip())}\n            printf '%s\\n' {' '.join(map(_quote, lines))}\n"
        for key, lines in entries
        if lines
    )
    return f"function __cpal_{name}\n    switch $argv[1]\n{cases}    end\nend\n"


_SCRIPT = r"""# fish completion for cpal, made by `cpal completion fish`.

@TABLES@
# Print the names of kind $argv[1] that may begin with $argv[3], each after $argv[2].
function __cpal_names
    set -l state $HOME/.local/state
    set -q XDG_STATE_HOME; and test -n "$XDG_STATE_HOME"; and set state $XDG_STATE_HOME
    set -l home $state/cpal
    set -q CPAL_HOME; and test -n "$CPAL_HOME"; and set home $CPAL_HOME
    set -l store $home/store.db
    set -l until 0
    if set -q CPAL_STORE; and test -n "$CPAL_STORE"
        test -r $home/names/until; and read until <$home/names/until
        test (date +%s) -lt "$until"; or @REFRESH@ $home >/dev/null 2>&1
    else
        test -e $store; or return
        if test -e $home/names/until
            or not test $home/names/stamp -nt $store
            or begin
                test -s $store-wal; and not test $home/names/stamp -nt $store-wal
            end
            @REFRESH@ $home >/dev/null 2>&1
        end
    end
    set -l prefix $argv[3]
    set -l file
    while true
        set file $home/names/$argv[1]/_(string replace -a % %% -- "$prefix" | string replace -a / %-)
        test -r "$file"; and break
        test -n "$prefix"; or return
        set prefix (string sub -e -1 -- "$prefix")
    end
    while read -l line
        printf '%s%s\n' "$argv[2]" (string replace -r '^\t' '' -- $line)
    end <$file
end

# Print what source $argv[1] offers for $argv[2]; $argv[3] is the word that said the kind.
function __cpal_source
    switch $argv[1]
        case @files
            __fish_complete_path $argv[2]
        case @name
            set -l kind (__cpal_kind (string lower -- "$argv[3]" | string replace -a _ -))
            test -n "$kind"; and __cpal_names $kind '' "$argv[2]"
        case 'name *'
            __cpal_names (string sub -s 6 -- $argv[1]) '' "$argv[2]"
        case 'names *'
            set -l before (string match -r '^.*,' -- "$argv[2]")
            __cpal_names (string sub -s 7 -- $argv[1]) "$before" (string replace -r '^.*,' '' -- "$argv[2]")
        case 'words *'
            string split ' ' -- (string sub -s 7 -- $argv[1])
    end
end

function __cpal_complete
    set -l typed (string unescape -- (commandline -ct); or commandline -ct)
    set -l words (commandline -opc)
    set -l path ''
    set -l waiting ''
    set -l arguments
    for word in $words[2..-1]
        set word (string unescape -- $word; or echo $word)
        if test -n "$waiting"
            set waiting ''
        else if string match -q -- '-*' $word
            set -l value (__cpal_value (string trim -- "$path $word"))
            test -n "$value" -a "$value" != -; and set waiting $value
        else if contains -- $word (__cpal_words $path | string replace -r '\t.*' '')
            set path (string trim -- "$path $word")
        else
            set -a arguments $word
        end
    end
    if test -n "$waiting"
        __cpal_source $waiting "$typed" "$arguments[1]"
    else if string match -q -- '--*=*' "$typed"
        set -l flag (string replace -r '=.*' '' -- $typed)
        set -l value (string replace -r '^[^=]*=' '' -- $typed)
        set -l source (__cpal_value (string trim -- "$path $flag"))
        for found in (__cpal_source "$source" "$value" "$arguments[1]")
            echo "$flag=$found"
        end
    else if string match -q -- '-*' "$typed"
        __cpal_flags $path
    else if set -l verbs (__cpal_words $path)
        and test -n "$verbs"
        printf '%s\n' $verbs
    else
        set -l sources (__cpal_arguments $path)
        set -l number (math (count $arguments) + 1)
        if test "$sources[-1]" = +
            set -e sources[-1]
            test $number -gt (count $sources); and set number (count $sources)
        end
        test -n "$sources[$number]"; and __cpal_source $sources[$number] "$typed" "$arguments[1]"
    end
end

complete -c cpal -f -a '(__cpal_complete)'
"""
