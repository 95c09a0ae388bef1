"""Throw-away authorities for tests of TLS, made by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cpal.ovsdb import Tls


def authority(directory: Path, name: str) -> Tls:
    """A throw-away authority in a directory, and a key with a certificate by it."""
    directory.mkdir()

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)

    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", f"/CN={name} authority")
    openssl("req", *curve, "-keyout", "key.pem", "-out", "request.pem", "-subj", f"/CN={name}")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "cert.pem")
    return Tls(str(directory / "key.pem"), str(directory / "cert.pem"), str(directory / "ca.pem"))
