"""What holds of every prediction: more rules never close, names do not matter, and a difference is a difference."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cpal.model.estate import EMPTY, Change, Estate
from cpal.model.network import INSTANCE_OWNER, Network, Port
from cpal.model.record import Record
from cpal.model.security import SecurityGroup, SecurityGroupRule
from cpal.model.target import OutsideHost
from cpal.reach.compare import difference
from cpal.reach.flow import Verdict
from cpal.reach.names import endpoints
from cpal.reach.predict import explain, flows, predict, verdict
from cpal.reach.services import services
from tests.support.estates import edits, estate_changes, settle, valid_estates

DRAWN = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
Key = tuple[str, str, str, object]


def open_flows(verdicts: list[Verdict]) -> set[tuple[str, str, str, object]]:
    return {(v.flow.source, v.flow.destination, v.flow.address, v.flow.service) for v in verdicts if v.reachable}


def by_port(estate: Estate, verdicts: list[Verdict]) -> set[Key]:
    """The open flows, with their ends by id: what a new name leaves the same."""
    ids = {end.name: end.port_id or end.name for end in endpoints(estate)}
    return {
        (ids[v.flow.source], ids[v.flow.destination], v.flow.address, v.flow.service) for v in verdicts if v.reachable
    }


@DRAWN
@given(valid_estates())
def test_each_flow_is_judged_alike_alone_and_among_all(estate: Estate) -> None:
    for one in predict(estate):
        assert verdict(estate, one.flow) == one
        assert one.reason
        assert explain(estate, one.flow)[-1] == one.reason


@DRAWN
@given(estate=valid_estates(), data=st.data())
def test_one_more_rule_of_a_stateful_group_never_closes_anything(estate: Estate, data: st.DataObject) -> None:
    groups = sorted((group for group in estate.all(SecurityGroup) if group.stateful), key=lambda group: group.id)
    if not groups:
        return
    group = data.draw(st.sampled_from(groups))
    direction, ethertype = data.draw(
        st.tuples(st.sampled_from(("ingress", "egress")), st.sampled_from(("IPv4", "IPv6")))
    )
    rule = SecurityGroupRule(
        id="more", project_id=group.project_id, security_group_id=group.id, direction=direction, ethertype=ethertype
    )
    more = estate.replace([Change(None, rule)])
    asked = services(estate, more)
    assert open_flows(predict(estate, asked)) <= open_flows(predict(more, asked))
    assert not difference(estate, more).closed


@DRAWN
@given(estate=valid_estates(), data=st.data())
def test_one_rule_less_of_a_stateful_group_never_opens_anything(estate: Estate, data: st.DataObject) -> None:
    stateful = {group.id for group in estate.all(SecurityGroup) if group.stateful}
    rules = sorted((r for r in estate.all(SecurityGroupRule) if r.security_group_id in stateful), key=lambda r: r.id)
    if not rules:
        return
    less = estate.replace([Change(data.draw(st.sampled_from(rules)), None)])
    assert not difference(estate, less).opened


@DRAWN
@given(valid_estates())
def test_ids_do_not_matter(estate: Estate) -> None:
    """Every id replaced by another, everywhere it stands, in an order turned round."""
    ids = {record.id: str(uuid5(NAMESPACE_OID, record.id)) for record in estate.records()}

    def other(value: object) -> object:
        if isinstance(value, str):
            return ids.get(value, value)
        if isinstance(value, dict):
            return {key: other(each) for key, each in value.items()}
        return [other(each) for each in value] if isinstance(value, list | tuple) else value

    def again(record: Record) -> Record:
        return msgspec.convert(other(msgspec.to_builtins(record)), type(record))

    turned = EMPTY.replace(Change(None, again(record)) for record in reversed(list(estate.records())))
    assert open_flows(predict(turned)) == open_flows(predict(estate))


@DRAWN
@given(valid_estates())
def test_a_new_name_opens_and_closes_nothing(estate: Estate) -> None:
    records = [r for kind in (SecurityGroup, Network) for r in estate.all(kind)]
    renamed = estate.replace([Change(record, replace(record, name=f"new {record.name}")) for record in records])
    assert open_flows(predict(renamed)) == open_flows(predict(estate))
    found = difference(estate, renamed)
    assert (found.opened, found.closed, found.unproved) == ((), (), "")


def check_difference(estate: Estate, after: Estate) -> None:
    asked = services(estate, after)
    old, new = by_port(estate, predict(estate, asked)), by_port(after, predict(after, asked))
    every = difference(estate, after, most_pairs=10**9, most_each=10**9)
    assert by_port(after, list(every.opened)) == new - old
    assert by_port(estate, list(every.closed)) == old - new
    found = difference(estate, after, most_pairs=10**9, most_each=0)
    opened, closed = by_port(after, list(found.opened)), by_port(estate, list(found.closed))
    assert opened <= new - old
    assert closed <= old - new
    assert sum(v.count for v in found.opened) == len(new - old)
    assert sum(v.count for v in found.closed) == len(old - new)


@DRAWN
@given(estate=valid_estates(), data=st.data())
def test_the_difference_is_what_one_prediction_has_and_the_other_lacks(estate: Estate, data: st.DataObject) -> None:
    check_difference(estate, estate.replace(data.draw(estate_changes(estate))))


@DRAWN
@given(estate=valid_estates(), data=st.data())
def test_a_rule_for_one_address_or_one_groups_members_opens_just_what_they_send(
    estate: Estate, data: st.DataObject
) -> None:
    members = sorted((port for port in estate.all(Port) if port.security_groups), key=lambda port: port.id)
    if not members:
        return
    member = data.draw(st.sampled_from(members))
    mates = sorted((port for port in estate.find("port.network", member.network_id)), key=lambda port: port.id)
    mate = data.draw(st.sampled_from(mates))
    address = next((ip for ip in mate.addresses if ":" not in ip), "")
    fields: dict[str, Any] = {"remote_ip_prefix": f"{address}/32"}
    if not address or (mate.security_groups and data.draw(st.booleans())):
        fields = {"remote_group_id": (mate.security_groups or member.security_groups or ("",))[0]}
    group = data.draw(st.sampled_from(member.security_groups or ()))
    direction = data.draw(st.sampled_from(("ingress", "ingress", "egress")))
    rule = SecurityGroupRule(id="new", security_group_id=group, direction=direction, **fields)
    after = estate.replace([Change(None, rule)])
    check_difference(estate, after)
    check_difference(after, estate)
    leaver = data.draw(st.sampled_from([port for port in mates if port.security_groups] or members))
    check_difference(after, after.replace([Change(leaver, replace(leaver, security_groups=()))]))


@DRAWN
@given(valid_estates())
def test_nothing_reaches_a_port_with_port_security_and_no_group(estate: Estate) -> None:
    cut_off = {
        p.id
        for p in estate.all(Port)
        if p.port_security_enabled and not p.security_groups and p.device_owner == INSTANCE_OWNER
    }
    names = {end.name for end in endpoints(estate) if end.port_id in cut_off}
    assert not [v for v in predict(estate) if v.reachable and names & {v.flow.source, v.flow.destination}]


@DRAWN
@given(valid_estates())
def test_a_host_outside_reaches_only_what_is_on_its_own_prefixes(estate: Estate) -> None:
    outside = {host.name: host for host in estate.all(OutsideHost)}
    for one in predict(estate):
        if one.reachable and one.flow.source in outside:
            assert any(_near(text, one.flow.address) for text in outside[one.flow.source].addresses)


def _near(interface: str, address: str) -> bool:
    return ("." in interface) == ("." in address) and interface[:8] == address[:8]


@DRAWN
@given(valid_estates())
def test_every_flow_asks_for_what_it_can_be_asked(estate: Estate) -> None:
    for flow in flows(estate):
        assert flow.source != flow.destination
        assert (":" in flow.address) == (flow.service.ip_version == 6)


@DRAWN
@given(data=st.data())
def test_any_settled_estate_can_be_predicted(data: st.DataObject) -> None:
    estate = settle(data.draw(edits(data.draw(valid_estates()))))
    assert all(v.reason for v in predict(estate))
