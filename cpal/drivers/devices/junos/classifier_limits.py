"""What of marking packets Junos cannot hold, or has otherwise than others: the sentences why. Pure.

Source: Junos OS Routing Policies, Firewall Filters, and Traffic Policers User Guide, "Firewall Filters Overview",
"Firewall Filter Nonterminating Actions".
"""

from __future__ import annotations

from collections.abc import Iterator

from cpal.core.driver import Cannot, Limit
from cpal.drivers.devices.junos.reading import is_port
from cpal.model.acl import DROP, Acl
from cpal.model.classifier import Classifier
from cpal.model.estate import Estate
from cpal.model.switch import ROUTED, Interface
from cpal.model.target import Target

_ONE_FILTER = "Junos asks one filter of what comes in, and it either marks packets or drops them"
_OF_ROUTED = "packets are marked that are routed: a filter of IPv4 is not asked of a port of the switch"
_OF_IPV4 = "of IPv4, by the action `dscp` of a firewall filter: not every series has it, and PTX has not"
_ONE_NAME = "to Junos both are firewall filters of one family, which have names of their own"
_NO_DROPS = (
    "to Junos each entry is a term of the classifier's filter, where none says that the rest is for the next class"
)


def refuse_interface(target: Target, record: Interface) -> Iterator[Cannot]:
    """What an interface asks that Junos does not take, for `Capability.refuse`."""
    if record.device not in target.endpoints or not record.ingress_classifier:
        return
    if record.ingress_acl:
        yield Cannot("ingress_classifier", _ONE_FILTER, "leave one of the two out")
    if is_port(record.port) and record.mode != ROUTED:
        yield Cannot("ingress_classifier", _OF_ROUTED, "write mode: routed, or leave it out")


def refuse_classifier(target: Target, record: Classifier, estate: Estate) -> Iterator[Cannot]:
    """What a classifier says that Junos does not take beside access lists, for `Capability.refuse_together`."""
    for device in record.devices:
        for acl in estate.find("acl.device", device) if device in target.endpoints else ():
            if acl.name == record.name:
                why = f"{device} has an access list {acl.name}: {_ONE_NAME}"
                yield Cannot("name", why, "call one of them otherwise")
            if drops := _dropping(acl, record):
                yield Cannot("terms", f"{drops}: {_NO_DROPS}", "name a list whose entries all accept")


def refuse_acl(target: Target, record: Acl, estate: Estate) -> Iterator[Cannot]:
    """What an access list says that Junos does not take beside classifiers, for `Capability.refuse_together`."""
    for device in record.devices:
        for classifier in estate.find("classifier.device", device) if device in target.endpoints else ():
            if drops := _dropping(record, classifier):
                why = f"{drops}, and {classifier.name} marks by it: {_NO_DROPS}"
                yield Cannot("entries", why, "have all of them accept, or mark by another list")


def _dropping(acl: Acl, classifier: Classifier) -> str:
    """The entry of a list that drops, where a classifier marks by that list; or ""."""
    is_named = acl.name in {term.acl for term in classifier.terms}
    drops = [each.sequence_id for each in acl.entries if is_named and each.forwarding_action == DROP]
    return f"entry {drops[0]} of {acl.name} drops" if drops else ""


LIMITS = (
    Limit("classifier", "name", f"not that of an access list there: {_ONE_NAME}"),
    Limit("classifier", "terms", f"not of lists with an entry that drops: {_NO_DROPS}"),
    Limit("interface", "ingress_classifier", f"{_OF_IPV4}; {_OF_ROUTED}; {_ONE_FILTER}"),
)
"""For `Capability.limits`."""
