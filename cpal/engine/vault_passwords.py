"""The passwords of Ansible's vaults, where Ansible itself looks for them: in files, and in scripts that print them.

A script is asked once, when its password is needed, as `NAME --vault-id ID` where it is called `...-client`. The
password of the id that a vault names is tried first, then the others.
Source: Ansible documentation, "Managing vault passwords".
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cpal.engine.vault import label, opened
from cpal.errors import Invalid, NotFound, Unauthenticated

PASSWORD = "CPAL_VAULT_PASSWORD"
FILE = "ANSIBLE_VAULT_PASSWORD_FILE"
IDENTITIES = "ANSIBLE_VAULT_IDENTITY_LIST"
"""The variables of the environment: the password, its file or script, and those of ids, as `dev@FILE,prod@FILE`."""
DEFAULT = "default"
SCRIPT_S = 60.0
"""How long a script may take."""


class Source(NamedTuple):
    """A file or a script with the password of an id."""

    id: str
    path: Path


def opened_by_any(text: str, name: str) -> str:
    """The text in a vault, by whichever password that is known opens it.

    Raises:
        NotFound: no password is known; a file of one cannot be read, or a script fails.
        Invalid: it is no vault; a password is to be asked for.
        Unauthenticated: none opens it.
    """
    tried = 0
    for password in _passwords(label(text)):
        tried += 1
        try:
            return opened(text, password, name)
        except Unauthenticated:
            continue
    if not tried:
        raise NotFound(
            "no password of the vault is known", key="vault", remedy=f"set {FILE}, {IDENTITIES} or {PASSWORD}"
        )
    known = "the password does not open" if tried == 1 else f"none of {tried} passwords opens"
    id = f", which is closed for the id {label(text)}" if label(text) else ""
    raise Unauthenticated(f"{known} the vault{id}", key=name, remedy=f"see {FILE}, {IDENTITIES} and {PASSWORD}")


def _passwords(wanted: str) -> Iterator[str]:
    """All that are known, the likeliest first."""
    if PASSWORD in os.environ:
        yield os.environ[PASSWORD]
    for source in sorted(_sources(), key=lambda source: source.id != (wanted or DEFAULT)):
        yield _password(source)


def _sources() -> list[Source]:
    words = [word.strip() for word in os.environ.get(IDENTITIES, "").split(",")]
    words.append(os.environ.get(FILE, ""))
    parts = (word.rpartition("@") for word in words if word)
    return [Source(id or DEFAULT, Path(place).expanduser()) for id, _, place in parts]


def _password(source: Source) -> str:
    """Raises NotFound, Invalid."""
    path = source.path
    if str(path) in ("prompt", "prompt_ask_vault_pass"):
        raise Invalid(
            "a password of the vault would have to be asked for", key=source.id, remedy="name a file or a script"
        )
    try:
        if os.access(path, os.X_OK) and path.is_file():
            return _printed(source)
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a text"
        raise NotFound(f"the password of the vault cannot be read: {why}", key=str(path)) from error


@cache
def _printed(source: Source) -> str:
    """What a script prints. Raises NotFound, OSError."""
    words = [str(source.path.absolute())]
    if source.path.stem.endswith("-client"):
        words += ["--vault-id", source.id]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SCRIPT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotFound(f"it has not told the password after {SCRIPT_S:g} s", key=words[0]) from None
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2]
        raise NotFound(f"it does not tell the password: it ended with {done.returncode} {said}".strip(), key=words[0])
    return done.stdout.strip("\r\n")
