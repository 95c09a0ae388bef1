"""Network namespaces and the cables between them, made and taken away by iproute2 in batches (one process each)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from cpal.errors import Failed

from .ground import entry, namespace_files
from .layout import Layout, base_environment
from .processes import run
from .records import InterfaceAddress
from .requirements import missing_feature

STEP = "step"
"""Role of the tools that a change of the lab runs: a killed change leaves at most these behind."""


@dataclass(frozen=True)
class Cable:
    """A veth pair: interface `interface` of namespace `node` to `peer_interface` of namespace `peer`."""

    node: str
    interface: str
    peer: str
    peer_interface: str
    mtu: int
    mac_address: str = ""

    def end_at(self, name: str) -> str:
        """The interface in the namespace of `name`; empty where it does not go there."""
        return {self.node: self.interface, self.peer: self.peer_interface}.get(name, "")

    def command(self, layout: Layout) -> str:
        """The line of `ip -batch` that makes it; both ends are born in their namespaces, never in the host's."""
        address = f"address {self.mac_address} " if self.mac_address else ""
        return (
            f"link add name {self.interface} {address}mtu {self.mtu} netns {layout.namespace(self.node)} type veth "
            f"peer name {self.peer_interface} mtu {self.mtu} netns {layout.namespace(self.peer)}"
        )


def present(layout: Layout) -> set[str]:
    """Names (without prefix) of the lab's namespaces that work; remains of a killed `ip netns add` do not count."""
    found = set()
    for name, path in namespace_files(layout).items():
        with suppress(FileNotFoundError):
            if path.stat().st_dev != path.parent.stat().st_dev:
                found.add(name)
    return found


def create(layout: Layout, names: Iterable[str]) -> None:
    """Make the namespaces that are not there yet."""
    ready = present(layout)
    wanted = [name for name in names if name not in ready]
    remains = namespace_files(layout).keys() & wanted
    batch(layout, [f"netns del {layout.namespace(name)}" for name in remains])
    batch(layout, [f"netns add {layout.namespace(name)}" for name in wanted])


def delete(layout: Layout, names: Iterable[str] | None = None) -> None:
    """Take namespaces away with all that is in them: all of the lab's, or those in `names` that exist."""
    existing = namespace_files(layout).keys()
    wanted = existing if names is None else existing & set(names)
    batch(layout, [f"netns del {layout.namespace(name)}" for name in sorted(wanted)])


def connect(layout: Layout, cables: Iterable[Cable]) -> None:
    """Plug cables in."""
    batch(layout, [cable.command(layout) for cable in cables])


def cut(layout: Layout, name: str, interfaces: Iterable[str]) -> None:
    """Take interfaces out of the namespace of `name`, with the other ends of their cables.

    Those already gone are fine: the kernel may be removing them with a namespace at this very moment.
    """
    shell(layout, name, [f"ip link delete {interface} 2>/dev/null || true" for interface in interfaces])


def interfaces(layout: Layout, name: str) -> set[str]:
    """Names of the network interfaces in the namespace of `name`."""
    return {link.ifname for link in _show(layout, name, "link")}


def addresses(layout: Layout, name: str) -> tuple[InterfaceAddress, ...]:
    """What the kernel says that the namespace of `name` has, without its loopback and without tentative addresses."""
    return tuple(
        InterfaceAddress(
            interface=link.ifname,
            mac_address=link.address,
            address=f"{entry.local}/{entry.prefixlen}",
            scope=entry.scope,
        )
        for link in _show(layout, name, "address")
        if link.ifname != "lo"
        for entry in link.addr_info
        if not entry.tentative
    )


def batch(layout: Layout, commands: Sequence[str], name: str = "") -> None:
    """Run `commands` by one `ip -batch`, in the namespace of `name` if given.

    Raises Missing where the kernel does not know a kind of device, Failed for any other refusal.
    """
    if not commands:
        return
    where = ["-netns", layout.namespace(name)] if name else []
    try:
        run([*entry(layout), "ip", *where, "-batch", "-"], layout.environment(STEP), stdin="\n".join(commands) + "\n")
    except Failed as fault:
        if "Unknown device type" in fault.message:
            kinds = sorted({command.split(" type ")[1].split()[0] for command in commands if " type " in command})
            raise missing_feature(f"devices of type {' or '.join(kinds)}") from fault
        raise


def enter(layout: Layout, name: str) -> list[str]:
    """The words before a command that make it run in the namespace of `name`."""
    return [*entry(layout), "nsenter", f"--net={layout.namespace_path(name)}", "--"]


def shell(layout: Layout, name: str, lines: Sequence[str]) -> None:
    """Run `lines` by one shell in the namespace of `name`, ending at the first that fails. Raises Failed."""
    script = "set -e\n" + "\n".join(lines) + "\n"
    run([*enter(layout, name), "sh", "-s"], layout.environment(STEP, name), stdin=script)


class _Entry(msgspec.Struct):
    local: str
    prefixlen: int
    scope: str
    tentative: bool = False


class _Link(msgspec.Struct):
    ifname: str = ""
    address: str = ""
    addr_info: tuple[_Entry, ...] = ()


def _show(layout: Layout, name: str, kind: str) -> list[_Link]:
    """Source: ip(8) -json, which prints what rtnetlink returned. Its empty objects are links filtered away."""
    text = run([*entry(layout), "ip", "-json", "-netns", layout.namespace(name), kind, "show"], base_environment())
    return [link for link in msgspec.json.decode(text or "[]", type=list[_Link]) if link.ifname]
