"""A running Neutron as records of our own: with its target and hosts, and gateways where they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID, uuid5

from msgspec.structs import replace

from cpal.core.driver import Gateways, HostStatus
from cpal.core.plan import Plan
from cpal.core.rows import Action, Op
from cpal.errors import Fault, Invalid
from cpal.faces.peer.cloud import Endpoints, Reading
from cpal.faces.peer.losses import Loss, in_the_way, losses_of
from cpal.faces.peer.records import records_of
from cpal.model.estate import Change, Estate
from cpal.model.network import OVERLAY_TYPES, ROUTER_GATEWAY, Network, Port
from cpal.model.record import Claim, Record
from cpal.model.router import Router
from cpal.model.target import TUNNEL_OVERHEAD, Host, Placement, Project, Target

NAME = "neutron"
"""The name of the target that an import makes, and of the session that plans it."""
ORDINARY_MTU = 1500


def target_for(endpoints: Endpoints, estate: Estate, namespace: UUID) -> Target:
    """The target of the estate, else a new one with these endpoints.

    Raises:
        Invalid: there is neither, or both and they differ.
    """
    known = next((target for target in estate.all(Target) if target.driver == "ovn"), None)
    given = {role: place for role, place in zip(("northbound", "southbound"), endpoints[:2], strict=True) if place}
    if known is not None:
        if any(known.endpoints.get(role) != place for role, place in given.items()):
            raise Invalid("the store has another target already", key=f'target "{known.name}"', seen=known.endpoints,
                          remedy="leave the endpoints out, or use a store of its own (CPAL_HOME)")  # fmt: skip
        return known
    if len(given) < 2:
        raise Invalid("it is not known where Neutron's databases are", key="--northbound, --southbound",
                      remedy="name both, as ovn_nb_connection and ovn_sb_connection of ml2_conf.ini do")  # fmt: skip
    return Target(id=str(uuid5(namespace, f"{NAME}/target")), name=NAME, driver="ovn", endpoints=given,
                  credential=endpoints.credential)  # fmt: skip


def imported(
    reading: Reading, target: Target, gateways: Gateways, hosts: Sequence[HostStatus], estate: Estate
) -> list[Record]:
    """The records of a reading, with its target and hosts where the estate has none."""
    found = [record for record in records_of(reading, gateways.distributed) if not _is_known_project(record, estate)]
    if estate.get(Target, target.id) is None:
        found = [_fitted(target, found, hosts), *_hosts(target, hosts), *found]
    return list(_with_free_names(found, estate))


def _is_known_project(record: Record, estate: Estate) -> bool:
    return isinstance(record, Project) and estate.get(Project, record.id) is not None


def _with_free_names(records: Iterable[Record], estate: Estate) -> Iterator[Record]:
    """The records; a project whose name another one has here gets a part of its id behind it."""
    for record in records:
        taken = isinstance(record, Project) and estate.holder(Claim("name", f"project {record.name}")) is not None
        yield replace(record, name=f"{record.name}-{record.id[:8]}") if taken else record


def _fitted(target: Target, records: Iterable[Record], hosts: Sequence[HostStatus]) -> Target:
    """The target with the tunnels that its hosts have and an underlay that carries the MTU of its networks."""
    encaps = {kind for host in hosts for kind in host.encaps}
    encap = "vxlan" if encaps == {"vxlan"} else "geneve"
    mtus = [each.mtu for each in records if isinstance(each, Network) and each.network_type in OVERLAY_TYPES]
    underlay = max([ORDINARY_MTU, *(mtu + TUNNEL_OVERHEAD[encap][0] for mtu in mtus)])
    return replace(target, encap=encap, underlay_mtu=underlay)


def _hosts(target: Target, hosts: Sequence[HostStatus]) -> list[Host]:
    """The hosts; where none is marked for gateways, any may have them."""
    marked = any(host.gateway for host in hosts)
    return [
        Host(
            id=str(uuid5(UUID(target.id), f"host/{host.name}")), name=host.name, target=target.name,
            physical_networks=host.physical_networks, gateway=host.gateway or not marked,
            underlay_address=next(iter(host.encaps.values()), ""),
        )
        for host in hosts
    ]  # fmt: skip


def kept_places(changes: Iterable[Change], gateways: Gateways) -> tuple[Change, ...]:
    """The changes with gateways placed where they are already."""
    changes = tuple(changes)
    records = [change.after for change in changes]
    routers = {each.id: each for each in records if isinstance(each, Router)}
    ports = [each for each in records if isinstance(each, Port) and each.device_owner == ROUTER_GATEWAY]
    first = {port.device_id: port.id for port in ports if (of := routers.get(port.device_id))
             and all(each.port_id != port.id for each in of.more_gateways)}  # fmt: skip
    return tuple(_kept_place(change, gateways, first) for change in changes)


def _kept_place(change: Change, gateways: Gateways, first: Mapping[str, str]) -> Change:
    """The change, of a placement with the hosts that the gateway has; `first` is the first gateway's port by router."""
    after = change.after
    if not isinstance(after, Placement) or change.before is not None:
        return change
    hosts = gateways.hosts.get(after.port_id or first.get(after.subject_id, ""))
    return Change(None, replace(after, hosts=hosts)) if hosts else change


def refusals(reading: Reading) -> list[Fault]:
    """What cannot be held and is not harmless, as faults."""
    return [fault_of(loss) for loss in in_the_way(losses_of(reading))]


def fault_of(loss: Loss) -> Fault:
    """A loss in the words of a fault."""
    who = f'{loss.resource.replace("_", " ")} "{loss.name}" ({loss.id})' if loss.name else f"{loss.resource} {loss.id}"
    what = f"{loss.value} " if loss.attribute and loss.value is not None else ""
    end = "is otherwise here" if loss.harmless else "cannot be held"
    return Fault(f"{what}{end}: {loss.why}", key=who, field=loss.attribute, remedy=loss.remedy)


def unsaid_servers(plan: Plan) -> str:
    """What hosts of subnets without name servers were told by Neutron and are told no longer, in a sentence, or ""."""
    said = [_servers(op) for target in plan.targets for op in target.ops if op.action is Action.ADOPT]
    lost = [servers for servers in said if servers]
    if not lost:
        return ""
    names = ", ".join(sorted(set(lost)))
    return (
        f"{len(lost)} subnets name no DNS servers, where Neutron told those of its own host ({names}); "
        "here hosts are told none: write them into the subnets"
    )


def _servers(op: Op) -> str:
    """The name servers that DHCP tells before an op and not after it."""
    before, after = (row.columns.get("options") if row else None for row in (op.before, op.after))
    if isinstance(before, dict) and isinstance(after, dict) and "dns_server" not in after:
        return str(before.get("dns_server", "")).strip("{}")
    return ""
