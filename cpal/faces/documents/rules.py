"""Rules of security groups: shorthands as the Networking API's fields, and ids that follow from what a rule says."""

from __future__ import annotations

from typing import Any

from cpal.faces.documents.making import Making, Thing
from cpal.faces.documents.names import Owner
from cpal.faces.documents.scalars import is_prefix
from cpal.faces.documents.shapes import Item, Reference
from cpal.model.claims import claims_of, said_of_template
from cpal.model.default_rules import INITIAL, DefaultSecurityGroupRule
from cpal.model.record import Claim, Key, Record
from cpal.model.security import SecurityGroupRule
from cpal.model.unknown import UNKNOWN

RANGE_KEYS = ("port", "port_range_min", "icmp_type")
"""Keys of which one at most may say ports, or type and code."""
REMOTE_KEYS = ("remote", "remote_ip_prefix", "remote_group_id", "remote_address_group_id")
ICMP_NAMES = ("icmp", "1", "icmpv6", "ipv6-icmp", "58")
ICMPV6_NAMES = ("icmpv6", "ipv6-icmp", "58")


def make_rules(making: Making, group: Thing) -> None:
    """Make the rules of a group, those that it has by default among them."""
    said: tuple[Item, ...] = group.item.get("rules") or ()
    for item in said:
        make_rule(making, group.owner, group.id, item)
    own_egress = any(item.get("direction") == "egress" for item in said)
    if group.item.get("default_egress", not own_egress):
        for ethertype in ("IPv4", "IPv6"):
            values = {"security_group_id": group.id, "direction": "egress", "ethertype": ethertype}
            _put(making, group.owner, group.item, values, fresh=False)


def make_rule(making: Making, owner: Owner, group_id: str, item: Item) -> None:
    """Make one rule as an item says it, if nothing is wrong with it: nothing else refers to a rule."""
    values = _said(making, owner, item, SecurityGroupRule)
    if values is not None:
        values["security_group_id"] = group_id
        if group_id is not UNKNOWN:
            _put(making, owner, item, values, fresh=True)


def make_default_rule(making: Making, owner: Owner, item: Item) -> None:
    """Make one template of a rule, in the place of one that Neutron starts with where that says the same."""
    values = _said(making, owner, item, DefaultSecurityGroupRule)
    if values is None:
        return
    kind = DefaultSecurityGroupRule.kind
    said = said_of_template(DefaultSecurityGroupRule(id="", **values))
    known = (*making.estate.all(DefaultSecurityGroupRule), *INITIAL.values())
    alike = sorted({each.id for each in known if said_of_template(each) == said})
    id = next((id for id in alike if making.names.claim(Key(kind, id))), "") or making.names.draw(kind, owner, said)
    record = making.put(DefaultSecurityGroupRule, Thing(owner, "", item, id), values)
    for written, field in _SAID_AS.items():
        making.place(record, field, item, written)


def _said(making: Making, owner: Owner, item: Item, kind: type[Record]) -> dict[str, Any] | None:
    """The values of a rule, or of a template of one, as an item says it; None where something is wrong with it."""
    known = len(item.source.faults)
    values = {
        field: value
        for field, value in making.values(kind, item, owner).items()
        if field not in ("port_range_min", "port_range_max")
    }
    values |= _remote(making, owner, item)
    values |= _range(item)
    if not item.known or len(item.source.faults) > known:
        return None
    if "direction" not in values or any(value is UNKNOWN for value in values.values()):
        return None
    prefix = values.get("remote_ip_prefix", "")
    implied = "IPv6" if ":" in prefix or values.get("protocol") in ICMPV6_NAMES else "IPv4"
    values.setdefault("ethertype", implied)
    return values


def _put(making: Making, owner: Owner, item: Item, values: dict[str, Any], fresh: bool) -> None:
    claim = _claim(values)
    stored = making.stored_rules(values["security_group_id"]).get(claim)
    known = stored is not None and making.names.claim(Key("security_group_rule", stored))
    before = making.rules.get(claim)
    if before is not None:
        if fresh:
            item.fault("", "the rule is given twice", f"the first is at {before}")
        return
    making.rules[claim] = item.source.place(item.place)
    id = stored if known and stored else making.names.draw("security_group_rule", owner, claim.value)
    record = making.put(SecurityGroupRule, Thing(owner, "", item, id), values)
    for written, field in _SAID_AS.items():
        making.place(record, field, item, written)


_SAID_AS = {"port": "port_range_min", "icmp_type": "port_range_min", "icmp_code": "port_range_max",
            "remote": "remote_ip_prefix"}  # fmt: skip


def _claim(values: dict[str, Any]) -> Claim:
    return claims_of(SecurityGroupRule(id="", **values))[0]


def _remote(making: Making, owner: Owner, item: Item) -> dict[str, Any]:
    """What the shorthand `remote` says; a name is that of a security group, else of an address group."""
    given = [key for key in REMOTE_KEYS if item.has(key)]
    if len(given) > 1:
        item.fault(given[1], f"is a second remote beside {item.written(given[0])}", "make a rule for each")
    word = item.get("remote")
    if word is None or word == "any":
        return {}
    if is_prefix(word):
        return {"remote_ip_prefix": word}
    node = item.nodes["remote"]
    kind = "security_group"
    if not making.names.find(kind, word, owner) and making.names.find("address_group", word, owner):
        kind = "address_group"
    id = making.resolve(item, "remote", Reference(kind, word, node), owner)
    return {"remote_group_id" if kind == "security_group" else "remote_address_group_id": id}


def _range(item: Item) -> dict[str, Any]:
    """`port_range_min` and `port_range_max` as one of the ways to write them says."""
    given = [key for key in RANGE_KEYS if item.has(key)]
    if len(given) > 1:
        item.fault(given[1], f"says again what {given[0]} says", "keep one of them")
    icmp = item.get("protocol") in ICMP_NAMES
    for key in ("icmp_type", "icmp_code"):
        if item.has(key) and not icmp and (item.has("protocol") == ("protocol" in item.values)):
            item.fault(key, "only ICMP has types and codes", "write protocol: icmp, or port for a port")
    if item.has("icmp_code") and not item.has("icmp_type"):
        item.fault("icmp_code", "a code needs a type", "write icmp_type too")
    if item.has("port") and icmp:
        item.fault("port", "ICMP has no ports", "write icmp_type and icmp_code")
    if item.has("icmp_type"):
        return {"port_range_min": item.get("icmp_type"), "port_range_max": item.get("icmp_code")}
    if "port" in item.values:
        return {"port_range_min": item.values["port"].start, "port_range_max": item.values["port"].end}
    low = item.get("port_range_min")
    high = item.get("port_range_max", None if icmp else low)
    return {"port_range_min": low, "port_range_max": high}
