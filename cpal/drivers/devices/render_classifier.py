"""From what marks packets to what switches should hold, in no make's words, and back. Pure.

A device has a class for each term, which says what its packets are, and a policy that names the classes in order and
says what they get. The order is one row, since the place of a class is of nothing but the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from cpal.core.rows import VALUE, Row, RowKey, Table
from cpal.drivers.devices.render_switch import (
    INGRESS_CLASSIFIER,
    Fields,
    device_of,
    key_of,
    parts_of,
    setting_table,
)
from cpal.model.classifier import Classifier, ClassifierTerm

CLASS, CLASS_ACL, CLASS_DSCP = "class", "class.acl", "class.dscp"
POLICY, CLASSES, SET_DSCP = "classifier", "classifier.classes", "classifier.set_dscp"
TABLES: Mapping[str, Table] = {
    CLASS: Table(frozenset(), 19, "class of packets"),
    CLASS_ACL: setting_table(CLASS_ACL, 19, "access list of a class"),
    CLASS_DSCP: setting_table(CLASS_DSCP, 19, "DSCP of a class"),
    POLICY: Table(frozenset(), 19, "classifier"),
    CLASSES: setting_table(CLASSES, 19, "classes of a classifier"),
    SET_DSCP: setting_table(SET_DSCP, 19, "DSCP that a class gets"),
}


def classifier_rows(device: str, record: Classifier) -> Iterator[Row]:
    """A classifier of a device, with the classes of its terms."""
    because = (record.key,)
    policy = key_of(POLICY, device, record.name)
    for term in record.terms:
        within = key_of(CLASS, device, term.id)
        yield Row(within, {}, because)
        if term.dscp is not None:
            yield Row(key_of(CLASS_DSCP, device, term.id), {VALUE: term.dscp}, because, within)
        else:
            yield Row(key_of(CLASS_ACL, device, term.id), {VALUE: term.acl}, because, within)
        yield Row(key_of(SET_DSCP, device, record.name, term.id), {VALUE: term.set_dscp}, because, policy)
    yield Row(policy, {}, because)
    order = " ".join(term.id for term in record.terms)
    yield Row(key_of(CLASSES, device, record.name), {VALUE: order}, because, policy)


def classifiers_said_by(
    rows: Mapping[RowKey, Row], lists: Collection[tuple[str, str]]
) -> tuple[tuple[Fields, ...], list[RowKey]]:
    """The classifiers of rows; and those that no record can say, with where interfaces ask them.

    `lists` are the access lists that are declared, each with its device. Classifiers of one name that say the same are
    one record; others are said of the first device, and left out. So is one that shares a class with another.
    """
    found: dict[str, tuple[tuple[ClassifierTerm, ...], list[str]]] = {}
    kept: set[tuple[str, str]] = set()
    used: set[tuple[str, str]] = set()
    for key in sorted(key for key in rows if key.table == POLICY):
        device, (name,) = device_of(key), parts_of(key)
        terms = _terms(rows, device, name, lists)
        classes = {(device, term.id) for term in terms}
        same, devices = found.get(name, (terms, []))
        if not terms or same != terms or classes & used:
            continue
        used |= classes
        kept.add((device, name))
        devices.append(device)
        found[name] = (terms, devices)
    records = tuple(
        Fields("classifier", {"name": name, "terms": terms, "devices": tuple(devices)})
        for name, (terms, devices) in sorted(found.items())
    )
    return records, [key for key in sorted(rows) if (of := _classifier_of(key, rows[key])) and of not in kept]


def _terms(
    rows: Mapping[RowKey, Row], device: str, name: str, lists: Collection[tuple[str, str]]
) -> tuple[ClassifierTerm, ...]:
    """The terms of a classifier; none where one of them cannot be said."""

    def said(table: str, *about: str) -> Any:
        row = rows.get(key_of(table, device, *about))
        return row.columns[VALUE] if row is not None else None

    terms = []
    for id in str(said(CLASSES, name) or "").split():
        acl, dscp, given = said(CLASS_ACL, id), said(CLASS_DSCP, id), said(SET_DSCP, name, id)
        matched = isinstance(dscp, int) if acl is None else dscp is None and (device, acl) in lists
        if not matched or not isinstance(given, int):
            return ()
        terms.append(ClassifierTerm(id=id, set_dscp=given, acl=acl or "", dscp=dscp))
    return tuple(terms)


def _classifier_of(key: RowKey, row: Row) -> tuple[str, str] | None:
    """The device and the classifier that a row is of as a whole; None for what is of none."""
    if key.table == POLICY:
        return device_of(key), parts_of(key)[0]
    return (device_of(key), str(row.columns[VALUE])) if key.table == INGRESS_CLASSIFIER else None
