"""Writes the pages of docs/reference that follow from tables in the code: `python -m tools.reference`.

A test fails when a page is stale. The page on documents and the JSON schema come from `cpal.faces.documents`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from cpal.core.driver import Rules
from cpal.drivers.devices.frr.backend import FrrBackend
from cpal.drivers.devices.parse.asking import Driver
from cpal.drivers.devices.registry import DRIVERS, driver
from cpal.drivers.ovn.backend import OvnBackend
from cpal.engine.targets import driver as target_driver
from cpal.errors import EXIT_CODES
from cpal.faces.cli.main import program
from cpal.faces.device.deviations import DEVIATIONS
from cpal.faces.device.napalm import FORMS
from cpal.faces.neutron.extensions import EXTENSIONS, LEFT_OUT
from cpal.model.estate import KINDS
from cpal.wire.faults import FAULTS
from cpal.wire.rules import ENDPOINT, RULES
from tools import specifications

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
WIDTH = 100


def cli() -> str:
    """Every verb with its flags, as `--help` says it."""
    lines = ["# The shell", "", "Each verb as its `--help` says it. Exit codes: [errors](errors.md)."]
    for path, command, ctx in _commands("cpal", program, None):
        text = "\n".join(line.rstrip() for line in command.get_help(ctx).splitlines())
        lines += ["", f"{'##' if ' ' in path else '#'}# {path}", "", "```text", text, "```"]
    return "\n".join(lines) + "\n"


def _commands(
    path: str, command: click.Command, parent: click.Context | None
) -> Iterator[tuple[str, click.Command, click.Context]]:
    settings = {**command.context_settings, "max_content_width": WIDTH, "terminal_width": WIDTH}
    ctx = click.Context(command, parent=parent, info_name=path.split()[-1], **settings)
    yield path, command, ctx
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            child = command.get_command(ctx, name)
            if child is not None:
                yield from _commands(f"{path} {name}", child, ctx)


def errors() -> str:
    """Every class of error with its exit code."""
    lines = ["# Errors and exit codes", "", "| error | exit code | retry helps | what it says |", "|---|---|---|---|"]
    for cls, code in sorted(EXIT_CODES.items(), key=lambda item: (item[1], item[0].__name__)):
        first = (cls.__doc__ or "").strip().splitlines()[0]
        lines.append(f"| {cls.__name__} | {code} | {'yes' if cls.retry else 'no'} | {first} |")
    lines += ["", "0 is done; 2 is *differences found* by `plan --exit-code`; 64 is bad usage; 130 is interrupted."]
    return "\n".join(lines) + "\n"


def ovn() -> str:
    """What the OVN driver holds."""
    return _driver_page("OVN", OvnBackend.rules, "table of OVN_Northbound")


def frr() -> str:
    """What the FRR driver holds."""
    return _driver_page("FRR", FrrBackend.rules, "table of a leaf")


def switches(title: str, driver: str) -> Callable[[], str]:
    """What writes what a driver of switches holds."""
    return lambda: _driver_page(title, target_driver(driver).rules, "setting of a switch")


def _driver_page(title: str, rules: Rules, tables: str) -> str:
    """What a driver holds: kinds of record, tables, how it commits, how it is tested."""
    lines = [
        f"# {title}: what the driver holds",
        "",
        f"Commits: {rules.capability.commit}. Evidence: {rules.capability.evidence}.",
        "",
        "| kind of record | realised | may be refused in part |",
        "|---|---|---|",
    ]
    for kind in KINDS:
        capability = rules.capability
        may = kind in capability.refuse or kind in capability.refuse_together
        refuses = "yes, with the sentence why" if may else "no"
        lines.append(
            f"| {kind.replace('_', ' ')} | {'yes' if kind in rules.render else 'no rows of its own'} | {refuses} |"
        )
    lines += ["", "| kind of record | field | what is not held |", "|---|---|---|"]
    for limit in rules.capability.limits:
        lines.append(f"| {limit.kind.replace('_', ' ')} | `{limit.field}` | {limit.why} |")
    lines += ["", f"| {tables} | columns that cpal owns | lives within |", "|---|---|---|"]
    for name, table in rules.tables.items():
        columns = ", ".join(sorted(table.columns))
        within = ", ".join(f"{container}.{column}" for container, column in sorted(table.within.items()))
        lines.append(f"| {name} | {'a membership' if table.edge else columns} | {within or 'nothing'} |")
    return "\n".join(lines) + "\n"


def devices() -> str:
    """Which driver of devices has which getter, on what evidence; and where NAPALM's values are not ours."""
    found = {name: driver(name) for name in DRIVERS}
    lines = [
        "# Devices: what each driver tells",
        "",
        "Evidence is *recorded*: answers of real devices, with the values that NAPALM's maintainers agreed on, are",
        "read by `cpal replay` in the tests. A getter without a recording says *documented*: it follows the maker's",
        "documentation, and no test has seen a device's answer to it. *Real* is what runs in the tests itself, and is",
        "held to what its own shell and kernel say in the same run.",
        "",
        "| getter | " + " | ".join(found) + " |",
        "|---" * (len(found) + 1) + "|",
    ]
    for getter in dict.fromkeys((*FORMS, *(name for each in found.values() for name in each.getters))):
        cells = [_evidence(each, getter) for each in found.values()]
        lines.append(f"| {getter} | " + " | ".join(cells) + " |")
    lines += ["", "| driver | make | speaks |", "|---|---|---|"]
    lines += [f"| {each.name} | {each.make} | {each.speaks} |" for each in found.values()]
    lines += [
        "",
        "## Where NAPALM has another value",
        "",
        "NAPALM has no absent value, and some of its drivers tell things in their own way. `cpal replay --as napalm`",
        "puts these in the place of ours, to compare.",
        "",
        "| driver | getter | field | NAPALM has | why |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.driver} | {each.getter} | {each.field} | `{each.instead!r}` | {each.why} |" for each in DEVIATIONS
    ]
    return "\n".join(lines) + "\n"


def _evidence(of: Driver, getter: str) -> str:
    if getter not in of.getters:
        return ""
    return "documented" if getter in of.documented else "real" if of.real else "recorded"


def faults() -> str:
    """Every fault of a packet, and every rule that `--strict` looks at."""
    lines = ["# Faults of packets", "", "What `cpal decode` says of a packet under `faults`.", ""]
    lines += ["| fault | what is wrong |", "|---|---|", *(f"| {name} | {text} |" for name, text in FAULTS.items())]
    lines += ["", "With `--strict` also the rules that it breaks, of who encapsulates and of who decapsulates:", ""]
    lines += ["| rule | whose | what it says | source |", "|---|---|---|---|"]
    found = ((rule, " and ".join(role.value for role in rule.roles)) for rule in RULES if rule.binds(ENDPOINT))
    lines += [f"| {rule.name} | {whose} | {rule.says} | {rule.source} |" for rule, whose in found]
    return "\n".join(lines) + "\n"


def extensions() -> str:
    """Which extensions of the Networking API there are, and why others are not."""
    lines = ["# Extensions of the Networking API", "", "What `openstack extension list --network` shows.", ""]
    lines += ["| alias | name |", "|---|---|", *(f"| {alias} | {name} |" for alias, name in sorted(EXTENSIONS.items()))]
    lines += ["", "Neutron 29 with OVN has these too, and they are not here:", "", "| alias | why not |", "|---|---|"]
    lines += [f"| {alias} | {why} |" for alias, why in LEFT_OUT.items()]
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "devices.md": devices,
    "errors.md": errors,
    "extensions.md": extensions,
    "faults.md": faults,
    "specifications.md": specifications.page,
    "ovn.md": ovn,
    "frr.md": frr,
    "eos.md": switches("Arista EOS", "eos"),
    "junos.md": switches("Juniper Junos", "junos"),
    "ios.md": switches("Cisco IOS", "ios"),
    "nxos.md": switches("Cisco NX-OS", "nxos"),
}
"""What writes each page."""


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in PAGES.items():
        (FOLDER / name).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
