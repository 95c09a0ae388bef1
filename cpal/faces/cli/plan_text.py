"""A plan in plain words: what becomes of which record, what drifted, the rows at each target, what opens and closes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from textwrap import wrap

from cpal.core.plan import DRIFT, Plan, TargetPlan
from cpal.core.rows import Action, Op
from cpal.faces.cli.describe import Describer, rule_words
from cpal.faces.cli.kinds import KINDS
from cpal.faces.cli.output import cell, printable
from cpal.faces.cli.plan_object import ACTIONS, subject, value_object
from cpal.faces.cli.screen import is_terminal, paint, width
from cpal.faces.cli.summary import difference, summary
from cpal.model.estate import RECORD_TYPES, Change, Estate
from cpal.model.network import Port
from cpal.model.port_forwarding import PortForwarding
from cpal.model.qos import QOS_RULES
from cpal.model.record import Key, Record
from cpal.model.security import SecurityGroupRule
from cpal.model.target import Placement
from cpal.reach.flow import Verdict

MOST_CHANGES, MOST_DRIFTED, MOST_FLOWS, MOST_NAMES, MOST_COMMANDS = 50, 20, 15, 5, 40
"""How many lines of each are shown without `--detail`, and how many names on a line."""
WIDEST_TITLE, NARROWEST = 32, 30
"""Characters of the column of names at most, and of that of words at least."""
SIGNS = {"create": "+", "adopt": "=", "update": "~", "delete": "-", "replace": "±", "release": "≠"}
COLOURS = {
    "create": "green", "adopt": "cyan", "update": "yellow", "delete": "red", "replace": "yellow", "release": "cyan",
}  # fmt: skip
LET_GO = "Let go of: the devices are sent nothing, and keep all that these records say."
ORDER = {kind.kind: number for number, kind in enumerate(RECORD_TYPES)}

Places = Mapping[Key, str]
"""Where records were declared: `file:line`."""


def plan_lines(plan: Plan, before: Estate, places: Places, detail: bool = False) -> list[str]:
    """The plan as lines for a person."""
    if plan.empty:
        return ["Nothing to do: everything is as declared."]
    after = before.replace(plan.changes)
    drifted = [(target.target, op) for target in plan.targets for op in target.ops if op.reason.startswith(DRIFT)]
    blocks = [
        [paint(LET_GO, fg="cyan")] if plan.handover == "release" else [],
        change_lines(plan.changes, before, after, places, detail),
        _most(_drift_lines(drifted, before, after), MOST_DRIFTED, detail),
        *(
            [line for target in together for line in _target_lines(target, before, after, detail)]
            for _, together in groupby(plan.targets, lambda target: target.target if target.commands else "")
        ),
        [
            paint(f"target {name} does not answer: what cpal made there stays there", fg="yellow")
            for name in plan.abandoned
        ],
        _flow_lines("opens", plan.opens, detail),
        _flow_lines("closes", plan.closes, detail),
        [f"what this opens and closes is not known: {plan.unproved}"] if plan.unproved else [],
    ]
    return _paragraphs(blocks)


def _paragraphs(blocks: Iterable[list[str]]) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        if block and lines:
            lines.append("")
        lines += block
    return lines


def _most(lines: list[str], most: int, detail: bool) -> list[str]:
    """The lines, or the first of them and how many more there are."""
    if detail or len(lines) <= most:
        return lines
    return [*lines[:most], _rest(len(lines) - most)]


def _rest(number: int) -> str:
    return paint(f"  … and {number} more (--detail)", dim=True)


# Records


def change_lines(
    changes: Sequence[Change], before: Estate, after: Estate, places: Places, detail: bool = False
) -> list[str]:
    """What becomes of records, a line each; parts of what is new or gone as a whole are told on its line."""
    if not changes:
        return []
    old, new = Describer(before), Describer(after)
    whole = {change.key.id for change in changes if None in change}
    shown = [change for change in changes if detail or not _is_part(change, whole)]
    shown.sort(key=lambda change: _order(change, old, new))
    cells = [_change_cells(change, old, new, places) for change in shown]
    head = _counts([ACTIONS[before is not None, after is not None] for before, after in changes])
    told = _columns(cells)
    most = len(told) if detail else MOST_CHANGES
    rest = [_rest(len(told) - most)] if len(told) > most else []
    return [head, *(line for each in told[:most] for line in each), *rest]


def _is_part(change: Change, whole: set[str]) -> bool:
    """Whether a change is told with that of the group, router or instance it belongs to."""
    record = change.after or change.before
    if None not in change:
        return False
    if isinstance(record, SecurityGroupRule):
        return record.security_group_id in whole
    if isinstance(record, QOS_RULES):
        return record.qos_policy_id in whole
    if isinstance(record, PortForwarding):
        return record.floatingip_id in whole
    if isinstance(record, Placement):
        return record.subject_id in whole
    return isinstance(record, Port) and record.device_id in whole


def _order(change: Change, old: Describer, new: Describer) -> tuple[str, int, str, str]:
    record, describer = _subject(change, old, new)
    project = record.id if record.kind == "project" else record.project_id
    return describer.short("project", project), ORDER[record.kind], record.name, record.id


def _subject(change: Change, old: Describer, new: Describer) -> tuple[Record, Describer]:
    """The record that changes, as it is after or else was, with the describer of its estate."""
    if change.after is not None:
        return change.after, new
    if change.before is not None:
        return change.before, old
    raise ValueError("a change needs a record before or after")


def _change_cells(change: Change, old: Describer, new: Describer, places: Places) -> tuple[str, str, str, str, str]:
    """Action, kind, name, what is said of it, where it was declared."""
    record, describer = _subject(change, old, new)
    before, after = change
    if before is not None and after is not None:
        words = difference(before, after, old, new)
    else:
        words = summary(record, describer)
    action = ACTIONS[before is not None, after is not None]
    title = "" if isinstance(record, Placement) else _title(record, describer)
    return action, KINDS[record.kind].words, title, words, places.get(record.key, "")


def _title(record: Record, describer: Describer) -> str:
    if record.kind == "floating_ip" and not record.name:
        return str(getattr(record, "floating_ip_address", "")) or record.id
    if record.kind == "security_group_rule":
        return f"of {describer.name('security_group', getattr(record, 'security_group_id', ''))}"
    if isinstance(record, PortForwarding):
        return f"of {describer.name('floating_ip', record.floatingip_id)}"
    if isinstance(record, QOS_RULES):
        return f"of {describer.name('qos_policy', record.qos_policy_id)}"
    return describer.title(record)


def _columns(cells: Sequence[tuple[str, str, str, str, str]]) -> list[list[str]]:
    if not cells:
        return []
    kinds, titles = (max(len(each[column]) for each in cells) for column in (1, 2))
    return [_line(each, kinds, min(titles, WIDEST_TITLE)) for each in cells]


def _line(cells: tuple[str, str, str, str, str], kinds: int, titles: int) -> list[str]:
    """The line of a change; on a terminal that is narrower, its words go on below each other."""
    action, kind, title, words, place = map(printable, cells)
    start = f"  {SIGNS[action]} {kind:{kinds}}  {title:{titles}}  "
    where = f"  ({place})" if place else ""
    room = width() - len(start)
    folded = wrap(words + where, room) if is_terminal() and room > NARROWEST else []
    first, *more = folded or [words + where]
    lines = [paint(start, fg=COLOURS[action]) + first, *(" " * len(start) + line for line in more)]
    if place and lines[-1].endswith(where.lstrip()):
        lines[-1] = lines[-1].removesuffix(where.lstrip()) + paint(where.lstrip(), dim=True)
    return [line.rstrip() for line in lines]


def _counts(actions: Iterable[str]) -> str:
    found = list(actions)
    told = [f"{found.count(action)} to {action}" for action in ("create", "update", "delete") if action in found]
    return paint("Records: " + ", ".join(told), bold=True)


# Drift and rows


def _drift_lines(drifted: Sequence[tuple[str, Op]], before: Estate, after: Estate) -> list[str]:
    told = [f"  {_drift_words(target, op, _owner(op, before, after))}" for target, op in drifted]
    return [paint("Drift: the target is not as applied", bold=True), *told] if told else []


def _owner(op: Op, before: Estate, after: Estate) -> str:
    """What a row is there for, in words; for a rule, its group and what it says."""
    for key in op.row.because:
        rule = after.by_key(key) if key.kind == "security_group_rule" else None
        if isinstance(rule, SecurityGroupRule):
            describer = Describer(after)
            group = describer.name("security_group", rule.security_group_id)
            return f"security group {group} ({rule_words(rule, describer)})"
    return subject(op, before, after)


def _drift_words(target: str, op: Op, record: str) -> str:
    of = f" of {record}" if record else ""
    what = f"{op.key.table} {op.key.name}" if not record else op.key.table
    if op.action is Action.CREATE:
        return printable(f"the target {target} lost {what}{of}: it will be made again")
    if op.action is Action.DELETE:
        return printable(f"the target {target} has {op.key}{of}, which nothing declared needs: it will be removed")
    how = op.reason.removeprefix(DRIFT)
    return printable(f"at the target {target}, {what}{of} was changed: {how}; it will be set back")


def _target_lines(target: TargetPlan, before: Estate, after: Estate, detail: bool) -> list[str]:
    if not target.ops:
        return []
    actions = [op.action.value for op in target.ops]
    counts = [f"{actions.count(action)} {action}" for action in SIGNS if action in actions]
    rows = "row" if len(actions) == 1 else "rows"
    head = f"{paint(f'ops at {target.target}:', bold=True)} {len(actions)} {rows} ({', '.join(counts)})"
    told = [head, *(line for op in target.ops for line in _op_lines(op))] if detail else [head]
    for name, said in sorted(target.commands.items()):
        told += ["", f"{paint(f'commands at {name}:', bold=True)} {len(said)}"]
        told += _most([printable(f"  {line}") for line in said], MOST_COMMANDS, detail)
    return told


def _op_lines(op: Op) -> list[str]:
    action = op.action.value
    head = paint(f"  {SIGNS[action]} {printable(str(op.key))}", fg=COLOURS[action])
    lines = [head + paint(f"  because {printable(op.reason)}", dim=True)]
    was, will = (row.columns if row else {} for row in (op.before, op.after))
    if op.after is None:
        return lines
    for name in sorted(was.keys() | will.keys()):
        if was.get(name) != will.get(name):
            old = f"{_shown(was.get(name))} -> " if op.before is not None else ""
            lines.append(f"      {name}: {old}{_shown(will.get(name))}")
    return lines


def _shown(value: object) -> str:
    return "not set" if value is None else cell(value_object(value)) or '""'  # type: ignore[arg-type]  # a column's value


# Reachability


def _flow_lines(word: str, verdicts: Sequence[Verdict], detail: bool) -> list[str]:
    if not verdicts:
        return []
    lines = _each_flow(verdicts) if detail else joined_flows(verdicts)
    colour = "green" if word == "opens" else "red"
    count = sum(_pairs_alike(verdicts).values())
    head = paint(f"{word}:", bold=True, fg=colour) + f" {count} {'pair' if count == 1 else 'pairs'}"
    return [head, *_most([_folded(printable(line)) for line in lines], MOST_FLOWS, detail)]


def _folded(line: str) -> str:
    """The line, indented; on a terminal that is narrower, its words go on below."""
    room = width() - 6
    folded = wrap(line, room, break_on_hyphens=False) if is_terminal() and room > NARROWEST else []
    return "  " + "\n      ".join(folded or [line])


def _pairs_alike(verdicts: Iterable[Verdict]) -> dict[tuple[str, str], int]:
    """The pairs that are told, and how many pairs alike each stands for, itself among them."""
    found: dict[tuple[str, str], int] = {}
    for v in verdicts:
        pair = v.flow.source, v.flow.destination
        found[pair] = max(v.count, found.get(pair, 1))
    return found


def _each_flow(verdicts: Sequence[Verdict]) -> list[str]:
    return [
        f"{v.flow.source} -> {v.flow.destination} ({v.flow.address})  {v.flow.service}  {v.reason}{_alike(v.count)}"
        for v in verdicts
    ]


def joined_flows(verdicts: Sequence[Verdict]) -> list[str]:
    """Flows with those of one source and the same services told together: `red/web1 -> red/db1, red/db2  tcp/5432`."""
    services: dict[tuple[str, str], set[str]] = {}
    alike = _pairs_alike(verdicts)
    for verdict in verdicts:
        services.setdefault((verdict.flow.source, verdict.flow.destination), set()).add(str(verdict.flow.service))
    groups: dict[tuple[str, tuple[str, ...], int], list[str]] = {}
    for (source, destination), found in services.items():
        groups.setdefault((source, tuple(sorted(found)), alike[source, destination]), []).append(destination)
    return [
        f"{source} -> {_names(found)}  {' '.join(what)}{_alike(count)}"
        for (source, what, count), found in sorted(groups.items())
    ]


def _alike(count: int) -> str:
    return f" (stands for {count} alike)" if count > 1 else ""


def _names(found: list[str]) -> str:
    named = sorted(found)
    more = f" and {len(named) - MOST_NAMES} more" if len(named) > MOST_NAMES else ""
    return ", ".join(named[:MOST_NAMES]) + more
