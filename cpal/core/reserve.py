"""The records of one completion and what is still free: declared records first, then the estate without what goes.

A search for a free number skips as many of a large pool as are held already, and within one completion as many more as
it took: completing n records costs n steps, not n squared, and one more record costs one. A pool in which nothing was
found is not searched again, since nothing is given back on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from typing import Any

from cpal.core.allocate import first_free, pool_ranges
from cpal.errors import Exhausted, Fault
from cpal.model.address import text_of
from cpal.model.claims import address_claim, claims_of
from cpal.model.doubts import Unread
from cpal.model.estate import Estate, R
from cpal.model.network import FixedIP, Network, Subnet
from cpal.model.record import Claim, Key, Record
from cpal.model.target import Host, Range
from cpal.model.unknown import UNKNOWN, NotKnown, filled, without

MOST_SEARCHED = 64
"""Up to so many numbers held, a pool is searched from its start, so that what was given back is used again."""


class Work:
    """What one completion knows: `records` is its result, by key, and `faults` says what there was nothing left for."""

    def __init__(
        self,
        declared: Iterable[Record],
        estate: Estate,
        dropped: Collection[Key],
        unread: Unread | None,
        vnis_of_others: Collection[int],
    ) -> None:
        self.records: dict[Key, Record] = {record.key: record for record in declared}
        self._types = set(map(type, self.records.values()))
        self.faults: list[Fault] = []
        self._estate = estate
        self._unread = unread
        self._foreign = frozenset([Claim("vni", str(vni)) for vni in vnis_of_others])
        self._dropped = frozenset(dropped)
        self._released = self._dropped | self.records.keys()
        self._taken: dict[Claim, Key] = {}
        self._skips: dict[str, int] = {}
        self._exhausted: set[str] = set()
        self._blurred: dict[Key, Record] = {}
        self._subnets: dict[str, list[Subnet] | None] = {}
        self.choices: dict[tuple[str, str], tuple[FixedIP, ...]] = {}
        """The subnets that a new port gets addresses of, by network and role, where its host does not matter."""

    def declared(self, record_type: type[R]) -> list[R]:
        """The declared records of a type, by name and id."""
        if record_type not in self._types:
            return []
        found: list[R] = [record for record in self.records.values() if type(record) is record_type]
        return sorted(found, key=lambda record: (record.name, record.id)) if len(found) > 1 else found

    def declares(self, *record_types: type[Record]) -> bool:
        """Whether a record of one of the types is declared."""
        return not self._types.isdisjoint(record_types)

    def every(self, record_type: type[R]) -> list[R]:
        """The records of a type that will be there: kept and declared."""
        kept = [record for record in self._estate.all(record_type) if record.key not in self._released]
        return [*kept, *self.declared(record_type)]

    def get(self, record_type: type[R], id: str) -> R | None:
        """The record as it will be, or None."""
        key = Key(record_type.kind, id)
        found = self._blurred.get(key) or self.records.get(key)
        if isinstance(found, record_type):
            return found
        return None if key in self._released else self._estate.get(record_type, id)

    def before(self, record: R) -> R | None:
        """The record as it is in the estate, or None."""
        return self._estate.get(type(record), record.id)

    def host(self, name: str) -> Host | None:
        """The host of a name, as it will be, or None."""
        declared = next((host for host in self.declared(Host) if host.name == name), None)
        holder = self._estate.holder(Claim("name", f"host {name}")) if declared is None else None
        return declared or (self.get(Host, holder.id) if holder else None)

    def decide(self, record: R, fields: tuple[str, ...], how: Callable[..., R], *args: Any) -> R:
        """The record with some fields decided by `how`, or else not known."""
        found: R = self.attempt(record, how, self, record, *args)
        return without(record, *fields) if found is UNKNOWN else found

    def attempt(self, record: Record, how: Callable[..., Any], *args: Any) -> Any:
        """What `how` gives; UNKNOWN where it takes what is not known, or, which is a fault, what nothing is left of."""
        try:
            return how(*args)
        except NotKnown:
            return UNKNOWN
        except Exhausted as none:
            self.faults.append(Fault(none.message, none.key, none.field, "", none.remedy, record.key, "exhausted"))
            return UNKNOWN

    def put(self, record: Record) -> None:
        """Set a record of the result, and take what it claims as far as nobody else has."""
        key = record.key
        self.records[key] = record
        self._types.add(type(record))
        try:
            self._hold(record, key)
        except NotKnown:
            self._hold(filled(record), key)

    def blur(self, record: Record, *fields: str) -> None:
        """Let nobody know some fields of a record that are wrong; the record keeps them."""
        if fields:
            self._blurred[record.key] = without(record, *fields)

    def _hold(self, record: Record, key: Key) -> None:
        taken = self._taken
        for claim in claims_of(record):
            if claim not in taken:
                taken[claim] = key

    def subnets_of(self, network_id: str) -> list[Subnet]:
        """The subnets of a network as they will be, by name and id. Stable once all subnets are completed.

        Raises:
            NotKnown: there may be others.
        """
        if network_id not in self._subnets:
            self._subnets[network_id] = None if self._may_have_more(network_id) else self._find_subnets(network_id)
        found = self._subnets[network_id]
        if found is None:
            raise NotKnown
        return found

    def _find_subnets(self, network_id: str) -> list[Subnet]:
        found = [s for s in self._estate.find("subnet.network", network_id) if s.key not in self._released]
        if self.declares(Subnet):
            found += self._declared_subnets.get(network_id, ())
        return sorted(found, key=lambda subnet: (subnet.name, subnet.id))

    def _may_have_more(self, network_id: str) -> bool:
        """Whether there may be subnets of a network that are not known: not read, or on a network that is not known."""
        if self.declares(Subnet) and self._has_subnets_anywhere:
            return True
        if self._unread is None:
            return False
        network = self.get(Network, network_id)
        return self._unread.may_hold("subnet.network", (network_id, network.name) if network else (network_id,))

    @cached_property
    def _has_subnets_anywhere(self) -> bool:
        return any(subnet.network_id is UNKNOWN for subnet in self.declared(Subnet))

    @cached_property
    def _declared_subnets(self) -> dict[str, list[Subnet]]:
        by_network: dict[str, list[Subnet]] = {}
        for subnet in self.declared(Subnet):
            known = self._blurred.get(subnet.key, subnet)
            by_network.setdefault(subnet.network_id, []).append(known if isinstance(known, Subnet) else subnet)
        return by_network

    def free(self, claim: Claim, key: Key) -> bool:
        """Whether `key` may have the claim: nobody holds it, and no declared record that had it may want it again."""
        holder = self._taken.get(claim)
        if holder is None:
            holder = self._estate.holder(claim)
            return holder is None or holder == key or holder in self._dropped
        return holder == key

    def take(self, claim: Claim, key: Key) -> bool:
        """Take the claim if it is free; whether it was."""
        if not self.free(claim, key):
            return False
        self._taken[claim] = key
        return True

    def draw(self, space: str, scope: str, span: Range, key: Key) -> int | None:
        """Take a free number of a span of VNIs or VLANs; None when all are taken."""

        def claim(number: int) -> Claim:
            return Claim(space, f"{scope} {number}".strip())

        held = self._estate.count(Network)
        number = self._search(f"{space} {scope}", [span], claim, key, held)
        if number is not None:
            self._taken[claim(number)] = key
        return number

    def draw_address(self, subnet: Subnet, key: Key) -> str | None:
        """Take a free address of the subnet's pools; None when all are taken."""
        version = subnet.ip_version

        def claim(value: int) -> Claim:
            return address_claim(subnet.network_id, text_of(value, version))

        held = len(self._estate.ids("port.subnet", subnet.id))
        value = self._search(subnet.id, pool_ranges(subnet), claim, key, held)
        if value is None:
            return None
        self._taken[claim(value)] = key
        return text_of(value, version)

    def _search(
        self, pool: str, ranges: Sequence[Range], claim: Callable[[int], Claim], key: Key, held: int
    ) -> int | None:
        """A number that nobody has; where there is none, one that a declared record had and did not ask for again."""
        if pool in self._exhausted:
            return None
        if pool not in self._skips:
            self._skips[pool] = held if held > MOST_SEARCHED else 0
        skip = self._skips[pool]
        self._skips[pool] += 1

        def found(given_up: Collection[Key]) -> int | None:
            def is_taken(number: int) -> bool:
                wanted = claim(number)
                if wanted in self._taken or wanted in self._foreign:
                    return True
                holder = self._estate.holder(wanted)
                return holder is not None and holder != key and holder not in given_up

            return first_free(ranges, is_taken, skip, key.id)

        number = found(self._dropped)
        number = found(self._released) if number is None else number
        if number is None:
            self._exhausted.add(pool)
        return number
