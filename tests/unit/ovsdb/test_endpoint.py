"""Endpoints are read as ovsdb(7) writes them, and nothing else is."""

from __future__ import annotations

import pytest

from cpal.errors import Invalid
from cpal.ovsdb.endpoint import Endpoint, Tls, parse_endpoint, parse_endpoints


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("unix:/run/ovn/ovnnb_db.sock", Endpoint("unix", "/run/ovn/ovnnb_db.sock")),
        ("tcp:192.0.2.1:6641", Endpoint("tcp", "192.0.2.1", 6641)),
        ("tcp:nb.example:6641", Endpoint("tcp", "nb.example", 6641)),
        ("tcp:[2001:db8::1]:6641", Endpoint("tcp", "2001:db8::1", 6641)),
        ("ssl:[fe80::1%eth0]:6641", Endpoint("ssl", "fe80::1%eth0", 6641)),
        ("ssl:192.0.2.1", Endpoint("ssl", "192.0.2.1", 6640)),
    ],
)
def test_an_endpoint_is_read(text: str, endpoint: Endpoint) -> None:
    assert parse_endpoint(text) == endpoint
    assert parse_endpoint(str(endpoint)) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix:",
        "tcp:",
        "tcp::6641",
        "tcp:a:0",
        "tcp:a:65536",
        "tcp:2001:db8::1:6641",
        "udp:a:1",
        "/run/x",
        "tcp:a:b",
    ],
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="write unix:PATH"):
        parse_endpoint(text)


def test_a_cluster_is_a_list_or_text_with_commas() -> None:
    texts = ["tcp:192.0.2.1:6641", "tcp:192.0.2.2:6641"]
    assert parse_endpoints(texts) == parse_endpoints(", ".join(texts)) == tuple(map(parse_endpoint, texts))


def test_no_endpoint_at_all_is_refused() -> None:
    with pytest.raises(Invalid):
        parse_endpoints([])


def test_missing_tls_files_are_named() -> None:
    with pytest.raises(Invalid, match="No such file"):
        Tls("/nowhere/key.pem", "/nowhere/cert.pem", "/nowhere/ca.pem").context()
