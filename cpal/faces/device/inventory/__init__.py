"""Inventories: which devices there are, from a file of our own form, of Ansible's, or exported from NetBox."""

from __future__ import annotations

import json
from pathlib import Path

from cpal.errors import Faults, Invalid, NotFound
from cpal.faces.device.inventory import ansible, ansible_ini, netbox, own
from cpal.faces.device.inventory.ansible_vars import TAGS, Beside
from cpal.faces.documents.source import Mapping, Source
from cpal.model.device.entry import Entry


def read(path: Path) -> tuple[Entry, ...]:
    """The devices of an inventory, in the order in which it names them.

    Ours has a key `devices`, Ansible's groups with `hosts` or `children` (or is an INI file), and `group_vars` and
    `host_vars` beside it; NetBox's is the JSON of `/api/dcim/devices/`, or what pynetbox makes of it.

    Raises:
        NotFound: there is no such file.
        Invalid: it is of no form that is known.
        Faults: what is wrong in it, each with file:line:column.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a text"
        remedy = "name an inventory by --inventory or CPAL_INVENTORY"
        raise NotFound(f"the inventory cannot be read: {why}", key=str(path), remedy=remedy) from error
    if path.suffix == ".json" or text.lstrip().startswith(("[{", "[\n", "{\n")):
        try:
            return netbox.devices(json.loads(text), str(path))
        except ValueError as error:
            raise Invalid(f"it is no JSON: {error}", key=str(path)) from error
    if path.suffix in (".ini", ".cfg") or text.lstrip().startswith("["):
        return ansible_ini.devices(text, str(path), Beside(path.parent))
    source = Source(str(path), TAGS)
    trees = source.trees(text)
    if source.faults:
        raise Faults(tuple(source.faults))
    if len(trees) != 1 or not isinstance(trees[0], Mapping):
        raise Invalid("an inventory is one mapping", key=str(path), remedy="write `devices:` and each device below it")
    entries = source.entries(trees[0], "")
    ours = "devices" in entries
    found = own.devices(source, entries) if ours else ansible.devices(source, entries, Beside(path.parent))
    if source.faults:
        raise Faults(tuple(source.faults))
    return found
