"""Ansible's inventory in YAML: groups with `hosts`, `children` and `vars`.

A host's own variables go before those of its groups, and a group's before those of the groups that it is in. Variables
that Ansible's connections know say where a device is and what it speaks; the others are tags. A secret that stands
there itself is a fault. Source: Ansible documentation, "Building an inventory", "Platform options".
"""

from __future__ import annotations

from typing import Any

from cpal.faces.device.inventory.own import REFERENCE, plain
from cpal.faces.documents.source import WORDS, Mapping, Scalar, Source
from cpal.faces.documents.source import Entry as Written
from cpal.model.device.entry import Entry

DRIVERS = {
    "arista.eos.eos": "eos", "eos": "eos", "cisco.ios.ios": "ios", "ios": "ios", "cisco.nxos.nxos": "nxos",
    "nxos": "nxos", "cisco.iosxr.iosxr": "iosxr_netconf", "iosxr": "iosxr_netconf",
    "junipernetworks.junos.junos": "junos", "junos": "junos", "frr.frr.frr": "frr", "frr": "frr",
}  # fmt: skip
"""What `ansible_network_os` names."""
OVER_SSH = {"nxos": "nxos_ssh"}
"""What a driver is where `ansible_connection` is a command line."""
COMMAND_LINES = ("network_cli", "ansible.netcommon.network_cli")
SECRETS = (
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_become_password",
    "ansible_httpapi_pass",
)
TEMPLATE = "{{"
OURS = "ansible_"
Variables = dict[str, Any]


def devices(source: Source, entries: dict[str, Written]) -> tuple[Entry, ...]:
    """The hosts of all groups, each once; faults are noted in the source."""
    reading = _Reading(source)
    for name, each in entries.items():
        reading.group(name, each, (), {})
    return tuple(entry for name in reading.hosts if (entry := reading.entry(name)) is not None)


class _Reading:
    """An inventory as it is read: the variables and groups of each host."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.hosts: dict[str, Variables] = {}
        self.groups: dict[str, list[str]] = {}
        self.places: dict[str, Scalar] = {}

    def group(self, name: str, written: Written, above: tuple[str, ...], inherited: Variables) -> None:
        """Take in a group, and those in it."""
        parts = self._parts(written, name, ("hosts", "children", "vars"))
        variables = {**inherited, **(self._variables(parts["vars"], f"{name}.vars") if "vars" in parts else {})}
        inside = above if name == "all" else (*above, name)
        for host, each in (self._parts(parts["hosts"], f"{name}.hosts") if "hosts" in parts else {}).items():
            self.places.setdefault(host, each.name)
            own = self._variables(each, host)
            self.hosts[host] = {**self.hosts.get(host, {}), **variables, **own}
            self.groups.setdefault(host, []).extend(g for g in inside if g not in self.groups.get(host, []))
        for child, each in (self._parts(parts["children"], f"{name}.children") if "children" in parts else {}).items():
            self.group(child, each, inside, variables)

    def _parts(self, written: Written, key: str, known: tuple[str, ...] = ()) -> dict[str, Written]:
        node = written.value
        if isinstance(node, Scalar) and node.is_null:
            return {}
        if not isinstance(node, Mapping):
            self.source.fault(node, key, "", f"is {WORDS[type(node)]}", "write a mapping, as Ansible has it")
            return {}
        found = self.source.entries(node, key)
        for name, each in found.items():
            if known and name not in known:
                remedy = f"a group has {', '.join(known)}; an inventory of cpal's own has `devices`"
                self.source.fault(each.name, key, name, "that is no part of a group", remedy)
        return found

    def _variables(self, written: Written, key: str) -> Variables:
        found = {}
        for name, each in self._parts(written, key).items():
            if name in SECRETS:
                self._secret(each, key, name)
            else:
                found[name] = plain(self.source, each.value, key)
        return found

    def _secret(self, each: Written, key: str, name: str) -> None:
        """A template is Ansible's own matter; a secret in the clear is a fault, and not repeated."""
        if not (isinstance(each.value, Scalar) and TEMPLATE in each.value.text):
            self.source.fault(each.value, key, name, "a secret stands here itself", REFERENCE)

    def entry(self, name: str) -> Entry | None:
        """The device that a host is; None, and a fault, where it does not say what it speaks."""
        found = entry(name, self.hosts[name], tuple(self.groups.get(name, ())))
        if found is None:
            said = self.hosts[name].get("ansible_network_os")
            problem = f"it speaks {said!r}, which is not known" if said else "nobody says what it speaks"
            remedy = f"ansible_network_os is one of {', '.join(DRIVERS)}"
            self.source.fault(self.places[name], name, "ansible_network_os", problem, remedy)
        return found


def entry(name: str, variables: Variables, groups: tuple[str, ...]) -> Entry | None:
    """The device of these variables; None where it is of no make that is known."""
    driver = DRIVERS.get(str(variables.get("ansible_network_os", "")))
    if driver is None and variables.get("ansible_connection") in ("ssh", "local"):
        driver = "linux"
    if driver is None:
        return None
    if variables.get("ansible_connection") in COMMAND_LINES:
        driver = OVER_SSH.get(driver, driver)
    port = str(variables.get("ansible_port") or "")
    return Entry(
        name=name, driver=driver, host=str(variables.get("ansible_host") or name),
        user=str(variables.get("ansible_user") or ""), port=int(port) if port.isdecimal() else None,
        password=str(variables.get("cpal_password") or ""), groups=groups,
        way="http" if driver in ("eos", "nxos") and variables.get("ansible_httpapi_use_ssl") == "false" else "",
        tags={key: value for key, value in variables.items() if not key.startswith(OURS) and key != "cpal_password"},
    )  # fmt: skip
