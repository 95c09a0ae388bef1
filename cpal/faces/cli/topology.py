"""`cpal topology`: networks, routers, ports and what lies outside, as a picture.

The picture is a tree. Its roots are external networks, with the hosts outside that are on them; below them the routers
that lead there, below those the networks that they join, and in each network its ports. A network that no router leads
out of stands by itself. What several routers join is drawn at the first, and named at the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

from cpal.faces.cli.describe import Describer
from cpal.faces.cli.live import live_status
from cpal.faces.cli.nodes import Member, Node, cells
from cpal.faces.cli.opened import opened
from cpal.faces.cli.output import Object, aligned, format_option, print_list, printable
from cpal.faces.cli.screen import is_terminal
from cpal.model.carrying import carrier
from cpal.model.estate import places_of
from cpal.model.network import ROUTER_GATEWAY, ROUTER_INTERFACE, Network, Port
from cpal.model.router import Router, gateway_ports
from cpal.model.target import OutsideHost

FIELDS = ("kind", "name", "below", "facts", "addresses", "floating", "host", "status")
"""The columns of the picture in CSV."""
Found = TypeVar("Found", Network, Router)


@click.command()
@click.option("--project", help="Only what a project has.")
@click.option("--detail", is_flag=True, help="Draw every port.")
@format_option
def topology(project: str | None, detail: bool, form: str) -> None:
    """Draw networks, routers, ports and what lies outside."""
    with opened() as session:
        describer = Describer(session.estate, live_status(session))
    roots = list(_Picture(describer, project).roots())
    if form != "table":
        _print_for_programs(roots, form)
    elif not roots:
        click.echo("there are no networks", err=True)
    elif is_terminal():
        # lazy: rich takes as long as all the rest; only terminals need it
        from cpal.faces.cli.picture import draw

        draw(roots, detail)
    else:
        for root in roots:
            click.echo("\n".join(_plain(root, 0)))


class _Picture:
    """The tree of one estate, in which each network is drawn once."""

    def __init__(self, describer: Describer, project: str | None) -> None:
        self._describer = describer
        self._estate = describer.estate
        self._project = project
        self._drawn: set[str] = set()

    def roots(self) -> Iterator[Node]:
        """External networks first, then routers that lead nowhere, then networks by themselves."""
        networks = self._sorted(self._estate.all(Network))
        gateways = {network_id for found in self._routers() for network_id in found.external_networks}
        for network in networks:
            if network.external and (self._shown(network) or network.id in gateways):
                yield self._network(network)
        for router in self._routers():
            if router.external_gateway_info is None:
                yield self._router(router)
        yield from (self._network(each) for each in networks if each.id not in self._drawn and self._shown(each))

    def _shown(self, record: Network | Router) -> bool:
        return self._project in (None, self._describer.short("project", record.project_id))

    def _routers(self) -> list[Router]:
        return [router for router in self._sorted(self._estate.all(Router)) if self._shown(router)]

    def _sorted(self, found: Iterable[Found]) -> list[Found]:
        return sorted(found, key=lambda record: (self._describer.title(record), record.id))

    def _network(self, network: Network) -> Node:
        title = self._describer.title(network)
        if network.id in self._drawn:
            return Node("network", title, ("drawn above",))
        self._drawn.add(network.id)
        behind = [router for router in self._routers() if network.id in router.external_networks]
        return Node(
            "network", title, tuple(self._network_facts(network)), tuple(self._members(network)),
            tuple(self._router(router) for router in behind),
        )  # fmt: skip

    def _network_facts(self, network: Network) -> Iterator[str]:
        number = "" if network.segmentation_id is None else f" {network.segmentation_id}"
        yield f"{network.network_type}{number}"
        if network.physical_network:
            yield f"on {network.physical_network}"
        yield from (segment.words for segment in network.more_segments)
        yield from (subnet.cidr for subnet in self._estate.find("subnet.network", network.id))
        if network.external:
            yield "external"

    def _members(self, network: Network) -> Iterator[Member]:
        places = places_of(network)
        hosts: list[OutsideHost] = [host for each in places for host in self._estate.find("outside_host.segment", each)]
        for host in sorted(hosts, key=lambda host: host.name):
            yield Member(
                host.name, (*(each.partition("/")[0] for each in host.addresses), *host.loopbacks), outside=True
            )
        ports: list[Port] = self._estate.find("port.network", network.id)
        for port in sorted(ports, key=lambda port: (self._describer.device(port), port.name)):
            if port.device_owner not in (ROUTER_INTERFACE, ROUTER_GATEWAY):
                yield self._member(port)

    def _member(self, port: Port) -> Member:
        floating = tuple(each.floating_ip_address for each in self._estate.find("floating_ip.port", port.id))
        name = self._describer.device(port) or port.name or port.id
        host = carrier(self._estate, port).host_id
        return Member(name, port.addresses, host, floating, self._describer.status(port))

    def _router(self, router: Router) -> Node:
        ports: list[Port] = self._estate.find("port.device", router.id)
        inner = {port.network_id: None for port in ports if port.device_owner == ROUTER_INTERFACE}
        networks = self._sorted(found for id in inner if (found := self._estate.get(Network, id)))
        facts = tuple(self._router_facts(router, ports))
        return Node("router", self._describer.title(router), facts, (), tuple(map(self._network, networks)))

    def _router_facts(self, router: Router, ports: list[Port]) -> Iterator[str]:
        outer = [address for port in gateway_ports(router, ports) for address in port.addresses]
        if router.external_gateway_info:
            snat = "with SNAT" if router.external_gateway_info.enable_snat else "without SNAT"
            yield f"{' '.join(outer)} {snat}"
            hosts = [host for each in self._estate.find("placement.subject", router.id) for host in each.hosts[:1]]
            if hosts:
                yield f"on {' and '.join(dict.fromkeys(hosts))}"
        yield from (f"{route.destination} via {route.nexthop}" for route in router.routes)


def _print_for_programs(roots: list[Node], form: str) -> None:
    """Print trees; in CSV, a row for each network, router and end, which says below what it is drawn."""
    if form == "csv":
        print_list((row for root in roots for row in _rows(root, "")), (), form, fields=FIELDS)
    else:
        print_list(map(_object, roots), (), form)


def _rows(node: Node, above: str) -> Iterator[Object]:
    title = f"{node.kind} {node.name}"
    yield {"kind": node.kind, "name": node.name, "below": above, "facts": node.facts}
    for member in node.members:
        yield {
            "kind": "outside host" if member.outside else "port",
            "name": member.name,
            "below": title,
            "addresses": member.addresses,
            "floating": member.floating,
            "host": member.host,
            "status": member.status,
        }
    for child in node.children:
        yield from _rows(child, title)


def _object(node: Node) -> Object:
    return {
        "kind": node.kind,
        "name": node.name,
        "facts": list(node.facts),
        "members": [
            {**each._asdict(), "addresses": list(each.addresses), "floating": list(each.floating)}
            for each in node.members
        ],
        "children": [_object(child) for child in node.children],
    }


def _plain(node: Node, depth: int) -> list[str]:
    """The picture as indented text."""
    lines = [f"{'  ' * depth}{printable(f'{node.kind} {node.name}')}  {', '.join(node.facts)}"]
    rows = [cells(member) for member in node.members]
    lines += [f"{'  ' * (depth + 1)}{line}" for line in aligned(rows)]
    return lines + [line for child in node.children for line in _plain(child, depth + 1)]
