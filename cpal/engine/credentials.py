"""Secrets of devices: references to them, and where they are kept. Only here does a reference become a secret.

A reference is `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` or `vault:FILE#KEY`. Without one, the environment's
CPAL_DEVICE_PASSWORD is taken; a device over SSH may do without, by a key of the agent or of the configuration of SSH.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path

from cpal.engine.vault import HEADER
from cpal.engine.vault_passwords import opened_by_any
from cpal.errors import Invalid, Missing, NotFound

PASSWORD = "CPAL_DEVICE_PASSWORD"
"""The variable of the environment that holds the password where nothing else is said: an address never does."""
ENABLE = "CPAL_DEVICE_ENABLE_PASSWORD"
"""The same for the password of `enable`."""


def secret(reference: str, otherwise: str) -> str | None:
    """What a reference leads to; without one, the environment's variable `otherwise`, or None.

    Raises:
        Invalid: not a reference.
        NotFound: it leads nowhere.
        Missing: what keeps it is not installed.
    """
    if not reference:
        return os.environ.get(otherwise)
    kind, _, place = reference.partition(":")
    if not is_reference(reference):
        raise Invalid("that is no reference to a secret", key="password", remedy=REMEDY)
    return KINDS[kind](place)


def is_reference(text: str) -> bool:
    """Whether a text is a reference to a secret."""
    kind, _, place = text.partition(":")
    return kind in KINDS and bool(place)


def _of_environment(name: str) -> str:
    found = os.environ.get(name)
    if found is None:
        raise NotFound("the environment has no such variable", key=name, remedy="export it")
    return found


def _of_file(place: str) -> str:
    """The first line of a file."""
    return _text(Path(place).expanduser()).partition("\n")[0]


def _of_keyring(place: str) -> str:
    service, slash, user = place.rpartition("/")
    if not slash:
        raise Invalid("a keyring needs a service and a user", key=place, remedy="write keyring:SERVICE/USER")
    try:
        keyring = importlib.import_module("keyring")  # lazy: it is there for those who want it
    except ImportError as error:
        raise Missing("the library keyring is not installed", key=place, remedy="pip install keyring") from error
    try:
        found: str | None = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        why = str(error).partition(".")[0] or type(error).__name__
        raise Missing(f"the keyring does not open: {why}", key=place, remedy="see: keyring diagnose") from error
    if found is None:
        raise NotFound("the keyring has no such password", key=place, remedy=f"run: keyring set {service} {user}")
    return found


def _of_vault(place: str) -> str:
    """What a vault holds under a key, or all of it where no key is named; the vault is a file, or written out here."""
    if place.startswith(HEADER):
        return opened_by_any(place, "a value of the inventory").strip()
    file, _, key = place.partition("#")
    text = opened_by_any(_text(Path(file).expanduser()), file)
    return text.strip() if not key else _at_key(text, key, place)


def _at_key(text: str, key: str, place: str) -> str:
    # lazy: only a vault is YAML
    import yaml

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        raise Invalid("what is in the vault is no YAML", key=place) from None
    value = found.get(key) if isinstance(found, dict) else None
    if not isinstance(value, str):
        raise NotFound(f"the vault has no text under {key!r}", key=place)
    return value


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a text"
        raise NotFound(f"it cannot be read: {why}", key=str(path)) from error


KINDS: dict[str, Callable[[str], str]] = {
    "env": _of_environment,
    "file": _of_file,
    "keyring": _of_keyring,
    "vault": _of_vault,
}
REMEDY = "write env:NAME, file:PATH, keyring:SERVICE/USER or vault:FILE#KEY; a secret itself belongs nowhere here"
