"""What must hold for what marks packets, and for the interfaces that ask it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cpal.model.checks.words import Problem
from cpal.model.classifier import DSCPS, Classifier, ClassifierTerm
from cpal.model.estate import Estate
from cpal.model.switch import Interface

LONGEST = 40
"""How long the names of classifiers and terms may be. Source: NX-OS, which takes the fewest characters."""
REST = "class-default"
"""What devices call the class of all that is in no other."""
_NAME = re.compile(rf"(?!(?:{REST}|type|match-any|match-all)$)[A-Za-z][\w-]{{0,{LONGEST - 1}}}", re.ASCII)
_IS_NAME = f"one word of at most {LONGEST} characters that begins with a letter, other than {REST}"


def _name(estate: Estate, classifier: Classifier) -> Iterator[Problem]:
    if classifier.name and not _NAME.fullmatch(classifier.name):
        yield Problem("name", f"{classifier.name!r} is no name of a classifier", _IS_NAME)


def _terms(estate: Estate, classifier: Classifier) -> Iterator[Problem]:
    if not classifier.terms:
        yield Problem("terms", "has none, and so marks nothing", "write at least one")
    if len({term.id for term in classifier.terms}) < len(classifier.terms):
        yield Problem("terms", "has a term twice", "give each an id of its own")
    for term in classifier.terms:
        for problem in _term(term):
            yield Problem("terms", f"term {term.id}: {problem.field} {problem.problem}", problem.remedy)


def _term(term: ClassifierTerm) -> Iterator[Problem]:
    if not _NAME.fullmatch(term.id):
        yield Problem("id", "is no name of a class", _IS_NAME)
    if bool(term.acl) is (term.dscp is not None):
        yield Problem("acl", "and dscp are what it may match", "write one of the two")
    for field in ("dscp", "set_dscp"):
        value = getattr(term, field)
        if value is not None and value not in DSCPS:
            yield Problem(field, f"{value} is no DSCP", f"a number from {DSCPS[0]} to {DSCPS[-1]}")


def _lists(estate: Estate, classifier: Classifier) -> Iterator[Problem]:
    """The access lists that terms name are declared wherever the classifier is."""
    named = {term.acl for term in classifier.terms if term.acl}
    for device in classifier.devices if named else ():
        for acl in sorted(named - {each.name for each in estate.find("acl.device", device)}):
            estate.nothing_more("acl.device", device)
            why = f"there is no access list {acl} on {device}"
            yield Problem("terms", why, f"declare it with {device} among its devices, or match dscp")


CLASSIFIER_CHECKS = (_name, _terms, _lists)


def asked_problems(estate: Estate, interface: Interface) -> Iterator[Problem]:
    """What is wrong with the classifier that an interface asks: it must be declared on its device."""
    name = interface.ingress_classifier
    if name and name not in {each.name for each in estate.find("classifier.device", interface.device)}:
        estate.nothing_more("classifier.device", interface.device)
        why = f"there is no classifier {name} on {interface.device}"
        remedy = f"declare it with {interface.device} among its devices, or leave it out"
        yield Problem("ingress_classifier", why, remedy)
