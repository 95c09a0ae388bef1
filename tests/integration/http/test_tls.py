"""TLS of a server: what cannot be used is refused before anything listens, and who cannot speak it fails alone."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from cpal.errors import Invalid
from cpal.faces.http.application import application
from cpal.faces.http.message import Request, Response
from cpal.faces.http.server import Listener, serve
from cpal.ovsdb import Tls
from tests.support.cloud import free_ports
from tests.support.pki import authority


async def answer(request: Request) -> Response:
    """By which address it was asked."""
    return Response(200, request.origin.encode())


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate for localhost, its key, and who signed it."""
    return authority(tmp_path_factory.mktemp("pki") / "ours", "localhost")


@pytest.fixture(scope="module")
def directory(ours: Tls) -> Path:
    """Where besides the certificate are files that are none, and a key with a passphrase."""
    found = Path(ours.certificate).parent
    words = ["openssl", "pkey", "-in", "key.pem", "-aes256", "-passout", "pass:secret", "-out", "locked.pem"]
    subprocess.run(words, cwd=found, check=True, capture_output=True)
    (found / "junk.pem").write_text("junk\n")
    (found / "empty.pem").touch()
    return found


UNUSABLE = {
    "another's key": ("cert.pem", "ca.key"),
    "a key for a certificate": ("key.pem", "key.pem"),
    "a certificate for a key": ("cert.pem", "cert.pem"),
    "junk for a certificate": ("junk.pem", "key.pem"),
    "junk for a key": ("cert.pem", "junk.pem"),
    "nothing": ("empty.pem", "key.pem"),
    "a key with a passphrase": ("cert.pem", "locked.pem"),
    "a file that is not there": ("cert.pem", "none.pem"),
}


@pytest.mark.parametrize("names", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_certificate_that_cannot_be_used_is_refused_before_anything_listens(
    directory: Path, names: tuple[str, str]
) -> None:
    [port] = free_ports(1)
    certificate, key = (directory / name for name in names)
    listener = Listener(application(answer, "test"), "127.0.0.1", port, certificate, key)
    serving = serve([listener], lambda: pytest.fail("it says that it is ready"))
    with pytest.raises(Invalid) as caught:
        asyncio.run(serving)
    assert all(str(directory / name) in str(caught.value) for name in names)
    assert "without a passphrase" in str(caught.value)


def test_who_cannot_speak_it_or_does_not_trust_it_disturbs_nobody(ours: Tls) -> None:
    [port] = free_ports(1)
    trusting = ssl.create_default_context(cafile=ours.authority)
    trusting.check_hostname = False  # the throw-away certificate names no host as clients look for it

    async def asked(context: ssl.SSLContext | None, sent: bytes = b"GET / HTTP/1.0\r\nHost: here\r\n\r\n") -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(sent)
        try:
            return await reader.read()
        finally:
            writer.close()

    async def run() -> None:
        started = asyncio.Event()
        listener = Listener(
            application(answer, "test"), "127.0.0.1", port, Path(ours.certificate), Path(ours.private_key)
        )
        server = asyncio.create_task(serve([listener], started.set))
        await started.wait()
        assert (await asked(trusting)).endswith(b"https://here")
        assert b"200" not in await asked(None)
        with pytest.raises(ssl.SSLError):
            await asked(ssl.create_default_context())
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(hello)
        assert (await asked(trusting)).endswith(b"https://here")
        writer.close()
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)

    asyncio.run(run())
