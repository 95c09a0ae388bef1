"""Ansible's inventory in YAML: groups with `hosts`, `children` and `vars`.

A host's own variables go before those of its groups, and a group's before those of the groups that it is in. Variables
that Ansible's connections know say where a device is and what it speaks; the others are tags. A secret that stands
there itself is a fault. What stands beside the inventory is read by `ansible_vars.py`.
Source: Ansible documentation, "Building an inventory", "Platform options".
"""

from __future__ import annotations

from cpal.faces.device.inventory.ansible_vars import BECOME, LOGIN, Beside, Secret, Variables, reference, variables
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
OURS = "ansible_"
KEYS = ("ansible_ssh_private_key_file", "ansible_private_key_file")


def devices(source: Source, entries: dict[str, Written], beside: Beside) -> tuple[Entry, ...]:
    """The hosts of all groups, each once; faults are noted in the source."""
    reading = _Reading(source, beside)
    for name, each in entries.items():
        reading.group(name, each, (), {})
    found = tuple(entry for name in reading.hosts if (entry := reading.entry(name)) is not None)
    source.faults += beside.faults
    return found


class _Reading:
    """An inventory as it is read: the variables and groups of each host."""

    def __init__(self, source: Source, beside: Beside) -> None:
        self.source = source
        self.beside = beside
        self.hosts: dict[str, Variables] = {}
        """What groups say of each host."""
        self.own: dict[str, Variables] = {}
        self.groups: dict[str, list[str]] = {}
        self.places: dict[str, Scalar] = {}

    def group(self, name: str, written: Written, above: tuple[str, ...], inherited: Variables) -> None:
        """Take in a group, and those in it."""
        parts = self._parts(written, name, ("hosts", "children", "vars"))
        said = {**inherited, **(self._variables(parts["vars"], f"{name}.vars") if "vars" in parts else {})}
        inside = above if name == "all" else (*above, name)
        for host, each in (self._parts(parts["hosts"], f"{name}.hosts") if "hosts" in parts else {}).items():
            self.places.setdefault(host, each.name)
            self.hosts[host] = {**self.hosts.get(host, {}), **said}
            self.own[host] = {**self.own.get(host, {}), **self._variables(each, host)}
            self.groups.setdefault(host, []).extend(g for g in inside if g not in self.groups.get(host, []))
        for child, each in (self._parts(parts["children"], f"{name}.children") if "children" in parts else {}).items():
            self.group(child, each, inside, said)

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
        return variables(self.source, self._parts(written, key), key)

    def entry(self, name: str) -> Entry | None:
        """The device that a host is; None, and a fault, where it does not say what it speaks."""
        groups = tuple(self.groups.get(name, ()))
        known = layered(name, groups, self.hosts[name], self.own[name], self.beside)
        found = entry(name, known, groups, self.beside.closed(name, groups))
        if found is None:
            said = known.get("ansible_network_os")
            problem = f"it speaks {said!r}, which is not known" if said else "nobody says what it speaks"
            remedy = f"ansible_network_os is one of {', '.join(DRIVERS)}"
            self.source.fault(self.places[name], name, "ansible_network_os", problem, remedy)
        return found


def layered(name: str, groups: tuple[str, ...], said: Variables, own: Variables, beside: Beside) -> Variables:
    """All variables of a host, from what its groups say to what it says itself, each before what stands beside it."""
    of_groups, of_host = beside.layers(name, groups)
    return {key: value for layer in (said, *of_groups, own, *of_host) for key, value in layer.items()}


def entry(name: str, variables: Variables, groups: tuple[str, ...], closed: list[str]) -> Entry | None:
    """The device of these variables, some of whose secrets are in closed files; None for a make that is not known."""
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
        password=str(variables.get("cpal_password") or reference(variables, closed, LOGIN)), groups=groups,
        enable_password=reference(variables, closed, BECOME), keys=_keys(variables),
        way="http" if driver in ("eos", "nxos") and variables.get("ansible_httpapi_use_ssl") == "false" else "",
        tags={
            key: value for key, value in variables.items()
            if not key.startswith(OURS) and key != "cpal_password" and not isinstance(value, Secret)
        },
    )  # fmt: skip


def _keys(variables: Variables) -> tuple[str, ...]:
    """The file of the private key for SSH, where one is named."""
    return tuple(str(variables[name]) for name in KEYS if variables.get(name))[:1]
