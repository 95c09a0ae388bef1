"""Lists as values of attributes, such as routes and fixed addresses, in Neutron's words where they cannot be.

Source: neutron 29.0.0, asked; `neutron_lib.api.validators` names the types.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from cpal.faces.neutron.fault import bad_request
from cpal.faces.neutron.values import (
    Described,
    Inconvertible,
    Type,
    Unnamed,
    address,
    address_or_prefix,
    described,
    destination,
    items,
    mac,
    said,
    schema_of,
    text,
    whole,
)

MOST_PAIRS = 10
SERVICES = ("network:", "neutron:", *"compute:")
"""What a service type may start with: of the third word each letter, which is Neutron's slip that clients rely on.

Source: neutron_lib.api.validators, `validate_subnet_service_types`.
"""
PAIR = {"ip_address": address_or_prefix, "mac_address": mac}


def _objects(known: Mapping[str, Type], value: list[Any]) -> list[dict[str, Any]]:
    """The objects of a list, of which each has all of the keys and no other."""
    found = []
    for each in value:
        if not isinstance(each, dict):
            raise ValueError(f"Invalid input. '{said(each)}' must be a dictionary with keys: {list(known)}")
        if each.keys() != known.keys():
            raise ValueError(
                f"Validation of dictionary's keys failed. Expected keys: {_set(known)} Provided keys: {_set(each)}"
            )
        found.append({key: known[key](each[key]) for key in known})
    return found


def _set(keys: Mapping[Any, Any]) -> str:
    """Keys as Python writes a set of them."""
    return f"{{{said(', '.join(sorted(map(repr, keys))))}}}" if keys else "set()"


def _object_schema(known: Mapping[str, Type], required: bool = True) -> dict[str, Any]:
    properties = {key: schema_of(each) for key, each in known.items()}
    needed = {"required": list(known)} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **needed}


def _list_schema(items: Mapping[str, Any], most: int = 5000) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most}


_POOL = {"start": address, "end": address}
_ROUTE = {"destination": destination, "nexthop": address}


def _pools(value: Any) -> tuple[dict[str, str], ...]:
    if value is None or value in ("", {}):
        return ()
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Inconvertible("Invalid data format for allocation pools")
    return tuple(_objects(_POOL, value))


POOLS = Described(_pools, {"anyOf": [_list_schema(_object_schema(_POOL)), {"type": "null"}]})
"""Allocation pools of a subnet; null is none."""


def _routes(value: Any) -> tuple[dict[str, str], ...]:
    if not isinstance(value, list):
        raise ValueError(f"Invalid data format for hostroute: '{said(value)}'")
    found = _objects(_ROUTE, value)
    for number, each in enumerate(found):
        if each in found[:number]:
            raise ValueError(f"Duplicate hostroute '{said(value[number])}'")
    return tuple(found)


ROUTES = Described(_routes, {**_list_schema(_object_schema(_ROUTE)), "uniqueItems": True})
"""Routes of hosts or routers."""


def _nameservers(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | dict | str):
        raise ValueError(f"Invalid data format for nameserver: '{said(value)}'")
    found: list[str] = []
    for each in value:
        try:
            kept = str(address(each))
        except ValueError as error:
            raise ValueError(f"'{said(each)}' is not a valid nameserver. {error}") from None
        if kept in found:
            raise ValueError(f"Duplicate nameserver '{said(each)}'")
        found.append(kept)
    return tuple(found)


NAMESERVERS = Described(_nameservers, {**_list_schema(schema_of(address)), "uniqueItems": True})


def _service_types(value: Any) -> tuple[str, ...]:
    if value in ("", {}):
        return ()
    if not isinstance(value, list):
        raise bad_request("Subnet service types must be a list.")
    for each in value:
        if not isinstance(each, str):
            raise bad_request(f"Subnet service type {said(each)} is not a string.", "InvalidInputSubnetServiceType")
        if not each.startswith(SERVICES):
            message = f"Subnet service type {said(each)} does not correspond to a valid device owner."
            raise bad_request(message, "InvalidSubnetServiceType")
        text()(each)
    if len(set(value)) < len(value):
        raise bad_request("A subnet service type is there twice.", "InvalidSubnetServiceType")
    return tuple(value)


_SERVICE = {"type": "string", "maxLength": 255, "pattern": "^(network|neutron|compute):"}
SERVICE_TYPES = Described(_service_types, {**_list_schema(_SERVICE), "uniqueItems": True})


def _pairs(value: Any) -> tuple[dict[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise bad_request("Allowed address pairs must be a list.")
    if len(value) > MOST_PAIRS:
        message = f"The number of allowed address pair exceeds the maximum {MOST_PAIRS}."
        raise bad_request(message, "AllowedAddressPairExhausted")
    seen: list[tuple[Any, Any]] = []
    return tuple(_pair(each, seen) for each in value)


def _pair(given: Any, seen: list[tuple[Any, Any]]) -> dict[str, str]:
    if not isinstance(given, dict):
        raise ValueError(f"'{said(given)}' is not a dictionary")
    found = {name: _part(PAIR["mac_address"], given[name]) for name in ("mac_address",) if name in given}
    if "ip_address" not in given:
        raise bad_request("AllowedAddressPair must contain ip_address", "AllowedAddressPairsMissingIP")
    named = (given.get("mac_address"), given["ip_address"])
    if named in seen:
        told = f"mac_address {said(named[0])} ip_address {said(named[1])}"
        raise bad_request(f"Request contains duplicate address pair: {told}.", "DuplicateAddressPairInRequest")
    seen.append(named)
    if unknown := given.keys() - PAIR.keys():
        raise bad_request(f"Unrecognized attribute(s) '{said(', '.join(sorted(unknown)))}'")
    found["ip_address"] = _part(PAIR["ip_address"], given["ip_address"])
    if wrong := _multicast(found["ip_address"]):
        raise bad_request(f"{wrong}, which is not supported.")
    return found


def _part(type: Type, value: Any) -> str:
    try:
        return str(type(value))
    except ValueError as error:
        raise bad_request(str(error)) from None


_MULTICAST = {4: ip_network("224.0.0.0/4"), 6: ip_network("ff00::/8")}


def _multicast(found: str) -> str:
    """What makes of an address or a prefix one of multicast, if it is."""
    if "/" not in found:
        return f"IP {found} is a multicast address" if ip_address(found).is_multicast else ""
    network = ip_network(found)
    groups = _MULTICAST[network.version]
    overlaps = network.overlaps(groups) and found != "0.0.0.0/0"
    return f"Subnet {found} overlaps with multicast range {groups}" if overlaps else ""


_PLAIN_NAMES = ("router", "classless-static-route")
"""Options whose value may be empty."""
_IP_VERSION = whole()


def _dhcp_option(value: Any) -> dict[str, Any]:
    """An option of DHCP, to be set to a value, or to none."""
    found = {"ip_version": 4, **value} if isinstance(value, dict) else {}
    if "ip_version" in found:
        found["ip_version"] = _IP_VERSION(found["ip_version"])
    name, option = found.get("opt_name"), found.get("opt_value")
    if (
        found.keys() != {"opt_name", "opt_value", "ip_version"}
        or found["ip_version"] not in (4, 6)
        or not _is_line(name, 64)
        or not (option is None or (name in _PLAIN_NAMES and option == "") or _is_line(option, 255))
    ):
        raise Unnamed(f"No valid key specs matched for: {said(str(value))}")
    return found


def _is_line(value: Any, longest: int) -> bool:
    """Whether it is text of one line that is not blank."""
    return isinstance(value, str) and len(value) <= longest and bool(value.strip()) and len(value.splitlines()) == 1


_OPTION_VALUE = {"anyOf": [{"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"}, {"type": "null"}]}
DHCP_OPTIONS = items(
    described(
        type="object", required=["opt_name", "opt_value"], additionalProperties=False,
        properties={"opt_name": {"type": "string", "maxLength": 64, "pattern": "^[!-~]+$"}, "opt_value": _OPTION_VALUE,
                    "ip_version": {"enum": [4, 6]}},
    )(_dhcp_option),
)  # fmt: skip
"""Options of DHCP for a port."""


PAIRS = Described(_pairs, {"anyOf": [_list_schema(_object_schema(PAIR, required=False), MOST_PAIRS), {"type": "null"}]})
"""Allowed address pairs of a port; null is none."""
