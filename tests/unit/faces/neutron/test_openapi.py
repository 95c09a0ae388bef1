"""The OpenAPI document: sound by itself, and saying what each attribute accepts."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator
from schemathesis.core.result import Ok

from cpal.faces.neutron.openapi import document
from cpal.faces.neutron.resource import Resource
from cpal.faces.neutron.resources import RESOURCES
from cpal.faces.neutron.values import schema_of

SAMPLES: list[Any] = [
    None, True, 0, 1, -1, 4, 6, 128, 1500, "", "web", "true", "tcp", "ingress", "slaac", "10.0.0.1", "10.0.0.0/24",
    "fd00::1", "fd00::/64", "02:00:00:00:00:01", "6a7c1f0e-51a5-4c0f-9c39-2f5d3a1f8e11", [], ["10.0.0.1"], {}, {"a": 1},
    [{"start": "10.0.0.2", "end": "10.0.0.3"}], [{"destination": "10.0.0.0/24", "nexthop": "10.0.0.1"}],
]  # fmt: skip


def test_schemathesis_reads_all_of_it() -> None:
    found = list(schemathesis.openapi.from_dict(document()).get_all_operations())
    assert [each for each in found if not isinstance(each, Ok)] == []
    assert {each.ok().method for each in found if isinstance(each, Ok)} == {"get", "post", "put", "delete"}


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda each: each.name)
def test_an_attribute_that_can_be_sent_says_what_it_accepts(resource: Resource) -> None:
    sent = {name: each for name, each in resource.attributes.items() if each.post or each.put}
    assert [name for name, each in sent.items() if not schema_of(each.type)] == []


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda each: each.name)
def test_what_an_attribute_accepts_by_its_schema_it_accepts(resource: Resource) -> None:
    """Schema and type agree on samples, but for pairs of address families, which only the whole request tells apart."""
    for each in resource.attributes.values():
        schema = schema_of(each.type)
        Draft202012Validator.check_schema(schema)
        for sample in (found for found in SAMPLES if (each.post or each.put) and accepts(schema, found)):
            each.type(sample)  # raises ValueError where they disagree


def accepts(schema: Any, value: Any) -> bool:
    """Whether a value is as the schema says, formats included."""
    return bool(Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(value))
