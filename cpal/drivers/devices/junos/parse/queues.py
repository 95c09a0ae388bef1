"""Junos: queues, policers, classifiers and filters of interfaces.

Source: Junos XML API Operational Developer Reference, `get-interface-queue-information`, `get-firewall-information`;
Junos CLI Reference, `class-of-service interfaces`, `filter` of a logical interface. What it calls queued is all that
ever came, and not what waits now. What a policer counts is what was above its rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from cpal.drivers.devices.junos.parse.rpc import configured, rpc
from cpal.drivers.devices.parse.asking import Asking
from cpal.drivers.devices.parse.attached import joined
from cpal.drivers.devices.parse.xml import number, text, texts
from cpal.model.device.qos import Policer, QosInterface, Queue

COUNTED = "queue-counters-"
TRUSTS = {"dscp": "dscp", "dscp-ipv6": "dscp", "inet-precedence": "ip-precedence", "ieee-802.1": "cos"}
"""Kinds of classifiers, and the mark that each goes by."""


def qos() -> Asking[tuple[QosInterface, ...]]:
    """The interfaces that have queues, each called by its number, and its forwarding class where it says one.

    Classifiers and filters are of logical interfaces, `ge-0/0/0.0`, queues of the physical ones.
    """
    told, classes, ports, firewall = yield (
        rpc("get-interface-queue-information", optional=True),
        configured("class-of-service/interfaces", optional=True),
        configured("interfaces", optional=True),
        rpc("get-firewall-information", optional=True),
    )
    counted = [] if told is None else told.iter("physical-interface")
    found = (QosInterface(interface=text(port, "name") or "", queues=tuple(_queues(port))) for port in counted)
    classified = () if classes is None else tuple(_classified(classes))
    policers = {} if firewall is None else dict(_policers(firewall))
    filtered = () if ports is None else tuple(_filtered(ports, policers))
    return joined(joined(classified, filtered), (each for each in found if each.queues))


def _queues(port: Element) -> Iterator[Queue]:
    for each in port.findall("queue-counters/queue"):
        named = [text(each, "queue-number"), text(each, "forwarding-class-name")]
        yield Queue(
            name=" ".join(filter(None, named)),
            sent_octets=number(each, f"{COUNTED}trans-bytes"),
            sent_pkts=number(each, f"{COUNTED}trans-packets"),
            dropped_pkts=number(each, f"{COUNTED}total-drop-packets"),
        )


def _configured(told: Element, path: str) -> Iterator[Element]:
    for each in told.iter("configuration"):
        yield from each.findall(path)


def _classified(configuration: Element) -> Iterator[QosInterface]:
    """The map of schedulers of each interface, and the classifiers of its units."""
    for port in _configured(configuration, "class-of-service/interfaces/interface"):
        name = text(port, "name") or ""
        if scheduler := text(port, "scheduler-map"):
            yield QosInterface(interface=name, output_policy=scheduler)
        for unit in port.findall("unit"):
            kinds = [(each.tag, each) for each in unit.findall("classifiers/*")]
            marks = {TRUSTS[kind] for kind, _ in kinds if kind in TRUSTS}
            if kinds:
                yield QosInterface(
                    interface=f"{name}.{text(unit, 'name')}",
                    trust=marks.pop() if len(marks) == 1 else None,
                    classifiers=tuple(" ".join([kind, *_name(each)]) for kind, each in kinds),
                )


def _name(classifier: Element) -> list[str]:
    """Its name, which stands in an element of its own, or in none."""
    return [*texts(classifier, "*")] or [each for each in [(classifier.text or "").strip()] if each]


def _policers(firewall: Element) -> Iterator[tuple[str, tuple[Policer, ...]]]:
    """The policers of each filter."""
    for each in firewall.iter("filter-information"):
        yield (
            text(each, "filter-name") or "",
            tuple(
                Policer(
                    name=text(one, "policer-name") or "",
                    exceeding_pkts=number(one, "packet-count"),
                    exceeding_octets=number(one, "byte-count"),
                )
                for one in each.findall("policer")
            ),
        )


def _filtered(configuration: Element, policers: dict[str, tuple[Policer, ...]]) -> Iterator[QosInterface]:
    """The filters of each unit; one that is specific to an interface counts under the name of both."""
    for port in _configured(configuration, "interfaces/interface"):
        for unit in port.findall("unit"):
            name = f"{text(port, 'name')}.{text(unit, 'name')}"
            of = {way: text(unit, f"family/*/filter/{way}/filter-name") for way in ("input", "output")}
            if any(of.values()):
                yield QosInterface(
                    interface=name,
                    input_policy=of["input"],
                    output_policy=of["output"],
                    policers=tuple(_of_filters(name, of, policers)),
                )


def _of_filters(port: str, of: dict[str, str | None], policers: dict[str, tuple[Policer, ...]]) -> Iterator[Policer]:
    for way, filter_name in of.items():
        for each in policers.get(f"{filter_name}-{port}-{way[0]}", policers.get(filter_name or "", ())):
            yield Policer(
                name=each.name,
                output=way == "output",
                exceeding_pkts=each.exceeding_pkts,
                exceeding_octets=each.exceeding_octets,
            )
