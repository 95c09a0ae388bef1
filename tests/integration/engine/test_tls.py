"""A target that speaks TLS, from its document to its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpal.errors import Invalid
from cpal.faces.documents.reading import parse
from cpal.faces.session import Session
from tests.support.ovsdb_server import OvsdbServer, port_of, running
from tests.support.pki import authority

DOCUMENT = """
targets:
  dc:
    driver: ovn
    credential: "{credential}"
    endpoints: {{northbound: "{endpoint}", southbound: "{endpoint}"}}
project: shop
networks:
  web: {{cidr: 10.0.1.0/24}}
"""


def test_a_target_over_tls_holds_what_is_applied(cpal_home: Path, tmp_path: Path) -> None:
    tls = authority(tmp_path / "pki", "cpal")
    options = [f"--private-key={tls.private_key}", f"--certificate={tls.certificate}", f"--ca-cert={tls.authority}"]
    server = OvsdbServer("/usr/share/ovn/ovn-nb.ovsschema", tmp_path / "db", ["pssl:0:127.0.0.1"], options)
    with running(server), Session(cpal_home) as session:
        endpoint = f"ssl:127.0.0.1:{port_of(server)}"

        def plan(credential: str) -> None:
            text = DOCUMENT.format(endpoint=endpoint, credential=credential)
            made = session.plan(session.declare(parse({"dc.yaml": text})))
            session.apply(made)

        with pytest.raises(Invalid, match=r"credential.*file:DIRECTORY"):
            plan("vault:dc")
        plan(f"file:{tmp_path}/pki")
        assert session.plan().empty
