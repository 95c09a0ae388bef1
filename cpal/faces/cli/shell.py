"""`cpal shell`: Python with the inventory's devices in it."""

from __future__ import annotations

import builtins
import code
import keyword
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click
import msgspec

from cpal.engine.places import home_directory
from cpal.errors import EXIT_CODES, CpalError, NotFound
from cpal.faces.cli.device_words import DEVICE_WORDS, questions
from cpal.faces.cli.failures import show
from cpal.faces.cli.get_device import counting
from cpal.faces.cli.output import Column, Object, aligned, cell, column, printable
from cpal.faces.cli.screen import note, progress
from cpal.faces.device.devices import Devices, at, inventory_file, named
from cpal.faces.device.live import device

HISTORY = "shell-history"
PATH = r"((?:\w|\.|\[['\"][^'\"]*['\"]\]|\[\d+\])+)"
"""Names, attributes and keys: what is looked up for a completion, and never a call."""
OPENED = re.compile(PATH + r"\[(?:(['\"])[^'\"]*|\d*)$")
"""A key of a mapping that is being typed: a text in its quotes, or a number."""
ATTRIBUTE = re.compile(PATH + r"\.(\w*)$")
"""A name that is being typed after a dot."""
BANNER = """{count} devices of {file}: {names}
devices["leaf1"].facts     where(tags__region="east")     table("interfaces", "device", "name")     help(devices)"""


@click.command()
@click.argument("patterns", nargs=-1, metavar="[DEVICE]...")
@click.option("--inventory", default="", metavar="FILE", help="The inventory.  [default: CPAL_INVENTORY]")
@click.option("--command", "-c", "command", help="Run this and end.")
def shell(patterns: tuple[str, ...], inventory: str, command: str | None) -> int:
    """Open Python with devices in it, by name: all of the inventory, or those named by pattern, @group or address.

    TAB completes names, attributes and the keys of what devices tell: `leaf1.interfaces["<TAB>`.
    """
    home = home_directory()
    file = inventory_file(home, inventory)
    with Devices(named(patterns or ("*",), file), home) as found:
        names = namespace(found)
        if command is not None:
            return _run(command, names)
        _complete(Completer(names), home / HISTORY)
        sys.displayhook = display
        listed = ", ".join(list(found)[:8]) + (" ..." if len(found) > 8 else "")
        _Console(names).interact(BANNER.format(count=len(found), file=file, names=listed), exitmsg="")
    return 0


def namespace(found: Devices) -> dict[str, Any]:
    """What a shell begins with: every device by its name, as Python writes it, and what is done with many."""
    names: dict[str, Any] = {each: found[name] for name in found if (each := _identifier(name))}
    return {**names, "devices": found, "device": device, "where": found.where, "table": tables(found)}


def _identifier(name: str) -> str:
    """A device's name as a word of Python, empty where that cannot be."""
    word = re.sub(r"\W", "_", name)
    return word if word.isidentifier() and not keyword.iskeyword(word) else ""


def tables(found: Devices) -> Callable[..., None]:
    """What prints tables of devices."""

    def table(word: str, *columns: str, of: Devices | None = None, prefix: str = "") -> None:
        """Print what devices tell, as `cpal get WORD --device` does: all, or those in `of`.

        The columns are dotted paths: `table("facts", "device", "os_version", "tags.region")`. Routes are
        those to a `prefix`, or all of IPv4; `ping` needs one that is an address.
        """
        if word not in DEVICE_WORDS:
            raise NotFound(f"devices do not tell {word!r}", remedy=f"they tell {', '.join(DEVICE_WORDS)}")
        wanted, asked = DEVICE_WORDS[word], found if of is None else of
        [words] = questions(word, [prefix] if prefix else [])
        with progress(f"asking {len(asked)} devices") as report:
            answers = asked.tell(wanted.getter, done=counting(report, len(asked)), **words)
        rows = [
            {"device": name, "tags": dict(asked.entries[name].tags), **row}
            for name, value in answers.values.items()
            for row in wanted.rows(value)
        ]
        shown = [column("device"), *wanted.columns]
        shown = [Column(path, _at(path)) for path in columns] or shown
        cells = [[cell(each.cell(row)) for each in shown] for row in rows]
        for line in aligned([[each.heading for each in shown], *cells]):
            click.echo(line)
        for fault in answers.failures.values():
            click.echo(f"error: {fault}", err=True)

    return table


def _at(path: str) -> Callable[[Object], object]:
    return lambda row: at(row, path.split("."))


def display(value: object) -> None:
    """Show what a line comes to: what devices tell with a line for each field and key, the rest as Python does."""
    if isinstance(value, msgspec.Struct):
        _lines({name: getattr(value, name) for name in value.__struct_fields__})
    elif isinstance(value, Mapping) and value and not isinstance(value, Devices):
        _lines(value)
    else:
        sys.__displayhook__(value)
        return
    vars(builtins)["_"] = value  # as Python does


def _lines(parts: Mapping[Any, object]) -> None:
    for line in aligned([[str(name), printable(repr(value))] for name, value in parts.items()]):
        click.echo(line)


class _Console(code.InteractiveConsole):
    """A prompt that shows what went wrong with what was typed: what cpal says in its words, the rest as Python does."""

    fault: BaseException | None = None

    def showtraceback(self) -> None:
        """Show what a line raised. Source: code.InteractiveInterpreter, which would take it to the program's hook."""
        self.fault = sys.exc_info()[1]
        if isinstance(self.fault, CpalError):
            show(self.fault, None)
        elif isinstance(self.fault, KeyboardInterrupt):
            click.echo("\ninterrupted", err=True)
        elif self.fault is not None:
            trace = self.fault.__traceback__
            sys.__excepthook__(type(self.fault), self.fault, trace and trace.tb_next)

    def showsyntaxerror(self, filename: str | None = None, **_: object) -> None:
        """Show why a line is not Python."""
        self.fault = sys.exc_info()[1]
        if self.fault is not None:
            sys.__excepthook__(type(self.fault), self.fault, None)


def _run(command: str, names: dict[str, Any]) -> int:
    """Run a command; its exit code: as any verb's where cpal refuses, 1 where what was typed is wrong otherwise."""
    console = _Console(names)
    if console.runsource(command, "<command>", "exec"):
        click.echo("error: the command is not complete", err=True)
        return 1
    if isinstance(console.fault, KeyboardInterrupt):
        raise console.fault
    if isinstance(console.fault, CpalError):
        return EXIT_CODES[type(console.fault)]
    return 1 if console.fault else 0


class Completer:
    """Completes what is typed, by what there is now: a device is asked for the keys of what it tells."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._found: list[str] = []

    def __call__(self, text: str, state: int) -> str | None:
        """The completion of that number, as readline asks for them; None after the last."""
        if state == 0:
            self._found = list(self.of(text))
        return self._found[state] if state < len(self._found) else None

    def of(self, text: str) -> Iterable[str]:
        """All completions of a text, each whole."""
        opened = OPENED.match(text)
        if opened:
            whole = [f"{opened[1]}[{key}]" for key in _keys(self._value(opened[1]), opened[2] or "")]
            return [each for each in whole if each.startswith(text)]
        dotted = ATTRIBUTE.match(text)
        if dotted:
            held = self._value(dotted[1])
            names = [name for name in dir(held) if name.startswith(dotted[2]) and _is_public(name, dotted[2])]
            return [f"{dotted[1]}.{name}" for name in names]
        known = [*self._names, *dir(builtins)]
        return sorted(name for name in known if name.startswith(text) and _is_public(name, text))

    def _value(self, expression: str) -> Any:
        """What an expression is now; None where it cannot be known, as where a device does not answer."""
        try:
            return eval(expression, self._names)
        except (CpalError, NameError, AttributeError, LookupError, SyntaxError, TypeError):
            return None


def _keys(held: Any, quote: str) -> list[str]:
    """The keys of a mapping as they are typed: texts between quotes, and where none was begun, numbers."""
    keys = list(held) if isinstance(held, Mapping) else []
    mark = quote or '"'
    texts = sorted(f"{mark}{key}{mark}" for key in keys if isinstance(key, str))
    return texts if quote else [*texts, *map(str, sorted(key for key in keys if isinstance(key, int)))]


def _is_public(name: str, typed: str) -> bool:
    return not name.startswith("_") or typed.startswith("_")


def _complete(completer: Completer, history: Any) -> None:
    """Have the line editor complete by this, and remember what was typed."""
    try:
        import readline  # lazy: some Pythons are built without it
    except ImportError:
        note("this Python has no readline: nothing is completed")
        return
    # lazy: as above
    import atexit

    readline.set_completer(completer)
    readline.set_completer_delims(" \t\n=+-*/(){},;<>!&|^%")
    readline.parse_and_bind("tab: complete")
    if history.exists():
        readline.read_history_file(history)
    if sys.stdin.isatty():
        history.parent.mkdir(parents=True, exist_ok=True)
        history.touch(mode=0o600)
        atexit.register(readline.write_history_file, history)
