"""`cpal completion`: the script by which bash, zsh or fish completes verbs, kinds, flags, files and live names.

The script is made from the commands themselves. What depends on the words alone is in it as tables; names it reads from
the files that `names` describes, and has them made again by a bare interpreter when they are stale.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from cpal.faces.cli import completion_bash, completion_fish, completion_zsh, names
from cpal.faces.cli.grammar import Grammar, grammar_of

SHELLS: dict[str, Callable[[Grammar], str]] = {
    "bash": completion_bash.script,
    "zsh": completion_zsh.script,
    "fish": completion_fish.script,
}


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash:  cpal completion bash > ~/.local/share/bash-completion/completions/cpal
    zsh:   cpal completion zsh > a directory of $fpath, as _cpal
    fish:  cpal completion fish > ~/.config/fish/completions/cpal.fish
    """
    root = ctx.find_root().command
    refresh = (sys.executable, "-I", "-S", str(Path(names.__file__).resolve()))
    click.echo(SHELLS[shell](grammar_of(root, ctx.find_root(), refresh)), nl=False)
