"""`cpal`: the table of verbs, and the one place where a run ends: with an exit code, and in words.

A verb's module is loaded when the verb is used, so that help, version and completion do not wait for the engine.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
from difflib import get_close_matches
from typing import NamedTuple

import click

from cpal.errors import EXIT_CODES, CpalError, Disk
from cpal.faces.cli import failures

BAD_USAGE = 64
"""Source: sysexits.h EX_USAGE. 2 is not free: `plan --exit-code` answers with it."""
INTERRUPTED = 128 + 2
BROKEN_PIPE = 128 + 13
NOT_CONFIRMED = 1
NO_SPACE = frozenset((errno.ENOSPC, errno.EDQUOT))
GARBAGE_THRESHOLD = 1_000_000
"""Allocations before garbage is looked for: records and rows form no cycles, and looking through 100,000 takes longer
than making them."""


class Verb(NamedTuple):
    """A verb: what it does, in a line; where its command is; under which heading it is listed."""

    help: str
    place: str
    heading: str


DECLARE, LOOK, ONE, LAB, SERVE, MORE = "Declare", "Look", "One thing at a time", "Lab", "Serve", "More"
BESIDE, DEVICES = "Beside Neutron", "Devices"

VERBS: dict[str, Verb] = {
    "init": Verb("Write a document of a few lines to start from.", "cpal.faces.cli.files:init", DECLARE),
    "plan": Verb("Show what documents would change, or what drifted.", "cpal.faces.cli.plan:plan", DECLARE),
    "apply": Verb("Make it so: documents, or a saved plan.", "cpal.faces.cli.apply:apply", DECLARE),
    "destroy": Verb("Take away what documents or a stack declared.", "cpal.faces.cli.apply:destroy", DECLARE),
    "undo": Verb("Take back a revision.", "cpal.faces.cli.apply:undo", DECLARE),
    "get": Verb("List things of a kind.", "cpal.faces.cli.get:get", LOOK),
    "show": Verb("Show one thing, with what it really is.", "cpal.faces.cli.get:show", LOOK),
    "capabilities": Verb(
        "Show what targets can hold, and why not the rest.", "cpal.faces.cli.capabilities:capabilities", LOOK
    ),
    "topology": Verb("Draw networks, routers, ports and what lies outside.", "cpal.faces.cli.topology:topology", LOOK),
    "probe": Verb("Prove with real packets who reaches whom.", "cpal.faces.cli.probe:probe", LOOK),
    "capture": Verb("Show packets on the underlay as they pass.", "cpal.faces.cli.capture:capture", LOOK),
    "decode": Verb("Decode captures: what is in which tunnel.", "cpal.faces.cli.decode:decode", LOOK),
    "doctor": Verb("Find what is wrong with tunnels, and what mends it.", "cpal.faces.cli.doctor:doctor", LOOK),
    "history": Verb("List the revisions: when, who, what.", "cpal.faces.cli.log:history", LOOK),
    "diff": Verb("Show what changed between two revisions.", "cpal.faces.cli.log:diff", LOOK),
    "create": Verb("Make one thing, by flags.", "cpal.faces.cli.flags:create", ONE),
    "set": Verb("Change one thing, by flags.", "cpal.faces.cli.flags:change", ONE),
    "delete": Verb("Delete things by name.", "cpal.faces.cli.flags:delete", ONE),
    "lab": Verb("Hypervisors, switch and workloads on this machine.", "cpal.faces.cli.lab:lab", LAB),
    "serve": Verb("Serve the OpenStack Networking API.", "cpal.faces.cli.serve:serve", SERVE),
    "openrc": Verb("Print the environment for OpenStack's clients.", "cpal.faces.cli.serve:openrc", SERVE),
    "import": Verb("Take over from a running Neutron, or from switches.", "cpal.faces.cli.neutron:import_", BESIDE),
    "drift": Verb("Name where Neutron and its databases disagree.", "cpal.faces.cli.neutron:drift", BESIDE),
    "release": Verb("Give back what was taken over, or switches.", "cpal.faces.cli.neutron:release", BESIDE),
    "gateway": Verb("Join overlays of different encapsulations.", "cpal.faces.cli.gateway:gateway", SERVE),
    "replay": Verb("Read a recording of a device as its driver does.", "cpal.faces.cli.replay:replay", DEVICES),
    "shell": Verb("Open Python with the inventory's devices in it.", "cpal.faces.cli.shell:shell", DEVICES),
    "export": Verb("Write what there is as documents.", "cpal.faces.cli.files:export", MORE),
    "backup": Verb("Write a copy of the store and of what is beside it.", "cpal.faces.cli.files:backup", MORE),
    "restore": Verb("Go back to what a backup holds.", "cpal.faces.cli.files:restore", MORE),
    "schema": Verb("Print the JSON schema of documents.", "cpal.faces.cli.files:schema", MORE),
    "completion": Verb("Print the completion script for a shell.", "cpal.faces.cli.completion:completion", MORE),
}
"""Every verb, in the order in which help lists them."""


class Program(click.Group):
    """The group of all verbs, each loaded when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb."""
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        module, _, attribute = verb.place.partition(":")
        # lazy: a verb loads the engine, which takes longer than all that help and completion do
        found = getattr(importlib.import_module(module), attribute)
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words name."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = get_close_matches(args[0], VERBS, 1)
            ctx.fail(f"there is no verb {args[0]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs by heading, from the table alone."""
        for heading in dict.fromkeys(verb.heading for verb in VERBS.values()):
            with formatter.section(heading):
                formatter.write_dl([(name, verb.help) for name, verb in VERBS.items() if verb.heading == heading])


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        # lazy: only this option needs it
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("cpal")
        except PackageNotFoundError:
            number = "(from a checkout)"
        click.echo(f"cpal {number}")
        ctx.exit()


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="State is kept under CPAL_HOME (default: ~/.local/state/cpal), its store on a PostgreSQL server "
    "if CPAL_STORE names one. Begin with: cpal init",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def program() -> None:
    """Declare a network once, plan it, apply it, prove it."""


def run(words: list[str]) -> int:
    """Do what the words say; the exit code."""
    ctx: click.Context | None = None
    try:
        ctx = program.make_context("cpal", list(words))
        ctx.meta[failures.WORDS] = words
        with ctx:
            code = program.invoke(ctx)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as wanted:
        click.echo(wanted.format_message(), err=True)
        return BAD_USAGE
    except click.Abort:
        click.echo("not confirmed; nothing was changed (--yes confirms beforehand)", err=True)
        return NOT_CONFIRMED
    except click.ClickException as wrong:
        failures.show_usage(wrong, ctx)
        return BAD_USAGE
    except CpalError as error:
        failures.show(error, ctx)
        return EXIT_CODES[type(error)]
    except KeyboardInterrupt:
        failures.show_interrupted(ctx)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        failures.show(_no_space(error), ctx)
        return EXIT_CODES[Disk]
    return code if isinstance(code, int) else 0


def _no_space(error: OSError) -> Disk:
    """What to say of a write that found no space: of the output, or of a file where the error names one."""
    file = str(error.filename or "")
    what = "it" if file else "the output"
    return Disk(
        f"{what} cannot be written: no space is left", key=file, remedy="free space; `cpal history` says what was done"
    )


def main() -> int:
    """The program; its exit code. A fault of cpal itself ends in `failures.report_bug`, with a file to send."""
    sys.excepthook = failures.report_bug
    gc.set_threshold(GARBAGE_THRESHOLD)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # both are text files here
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
