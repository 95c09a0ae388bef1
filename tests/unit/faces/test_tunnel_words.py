"""Names of a whole batch are those that are told of each packet, and expressions choose by them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from cpal.core.driver import HostStatus, TunnelKeys, TunnelName, TunnelNames
from cpal.errors import Invalid, NotFound
from cpal.faces import captures
from cpal.faces.captures import Object, Part
from cpal.faces.tunnel_words import TunnelWords
from cpal.model.estate import EMPTY
from cpal.model.target import Target
from cpal.wire import filters
from cpal.wire.columns import Batch
from tests.support import packets


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Part]:
    """Packets in tunnels of every kind, one in another too."""
    chance = Random(77)
    path: Path = tmp_path_factory.mktemp("captures") / "mixed.pcap"
    path.write_bytes(packets.capture([packets.mixed(chance) for _ in range(400)]))
    return list(captures.parts(path))


@pytest.fixture(scope="module")
def words(parts: list[Part]) -> TunnelWords:
    """Names for every second network and port that the packets have, and for every third address."""
    tunnels = [tunnel for part in parts for told in captures.objects(part) for tunnel in told["tunnels"]]
    shown = [(tunnel["vni"], tunnel.get("ovn")) for tunnel in tunnels if tunnel["vni"] is not None]
    networks = {vni: TunnelName(f"net{vni}", "blue") for vni, _ in shown[::2]}
    ports = {(vni, ovn[end]): TunnelName(f"port{ovn[end]}", "blue") for vni, ovn in shown if ovn for end in ovn}
    ends = sorted({told["outer"]["src"] for part in parts for told in captures.objects(part) if told["outer"]})
    hosts = [HostStatus(f"hv{n}", f"hv{n}", {"geneve": address}, {}) for n, address in enumerate(ends[::3])]
    keys = TunnelKeys(dict.fromkeys(networks, ""), dict.fromkeys(ports, ""))
    target = Target(id="0" * 32, name="theirs", driver="ovn")
    return TunnelWords(EMPTY, target, keys, TunnelNames(networks, ports), hosts)


def told(part: Part, words: TunnelWords) -> list[Object]:
    """The packets one by one."""
    return [words.tell(each) for each in captures.objects(part)]


def test_of_a_batch_the_names_are_those_of_each_packet(parts: list[Part], words: TunnelWords) -> None:
    for part in parts:
        numbers = np.arange(len(part.batch.rows))[::-2]
        every = told(part, words)
        expected = [
            [{key: tunnel[key] for key in ("network", "from", "to") if key in tunnel} for tunnel in every[n]["tunnels"]]
            for n in numbers
        ]
        assert [list(each) for each in words.of_rows(part.batch, numbers)] == expected


@pytest.mark.parametrize("field", ["network", "from", "to", "port", "project", "host"])
@pytest.mark.parametrize("compare", ["==", "!=", ""])
def test_expressions_choose_by_names(parts: list[Part], words: TunnelWords, field: str, compare: str) -> None:
    every = [each for part in parts for each in told(part, words)]
    names = sorted({name for each in every for name in said(each, field)})
    assert names
    text = f"{field} {compare} '{names[0]}'" if compare else field
    chosen = [n for part in parts for n in truths(part.batch, words, text)]
    expected = {
        "==": [names[0] in said(each, field) for each in every],
        "!=": [bool(said(each, field)) and names[0] not in said(each, field) for each in every],
        "": [bool(said(each, field)) for each in every],
    }
    assert chosen == expected[compare]


def truths(batch: Batch, words: TunnelWords, text: str) -> list[bool]:
    """Which packets an expression chooses."""
    found: list[bool] = filters.parse(text, words.fields())(batch).tolist()
    return found


def said(each: Object, field: str) -> set[str]:
    """The names that a packet has for a field."""
    if field == "host":
        return {each["outer"][key] for key in ("src_host", "dst_host") if each["outer"] and key in each["outer"]}
    keys = {"port": ("from", "to"), "project": ("from", "to", "network")}.get(field, (field,))
    found = {tunnel[key] for tunnel in each["tunnels"] for key in keys if key in tunnel}
    return {name.partition("/")[0] for name in found if "/" in name} if field == "project" else found


def test_a_name_that_nothing_has_is_refused(words: TunnelWords) -> None:
    near = sorted(words.ports())[0]
    with pytest.raises(NotFound, match="nothing is called so") as refused:
        filters.parse(f"port == {near}x", words.fields())
    assert refused.value.key == f"port {near}x"
    with pytest.raises(Invalid, match="by ==, != and in"):
        filters.parse("network < web", words.fields())
    with pytest.raises(Invalid, match="--target NAME"):
        filters.parse("network == web")
