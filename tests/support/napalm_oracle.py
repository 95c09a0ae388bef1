"""What the installed drivers of NAPALM make of a folder of answers: an oracle for what no recording shows.

A driver of NAPALM is made without a device, and in the place of its transport something that answers from files, which
are named as its own test data: after what is asked.
"""

from __future__ import annotations

import importlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from lxml import etree  # type: ignore[import-untyped]  # has no types

CLASSES = {
    "eos": ("napalm.eos", "EOSDriver"),
    "ios": ("napalm.ios", "IOSDriver"),
    "iosxr": ("napalm.iosxr", "IOSXRDriver"),
    "iosxr_netconf": ("napalm.iosxr_netconf", "IOSXRNETCONFDriver"),
    "junos": ("napalm.junos", "JunOSDriver"),
    "nxos": ("napalm.nxos", "NXOSDriver"),
    "nxos_ssh": ("napalm.nxos_ssh", "NXOSSSHDriver"),
}
CUT = 140
"""A name of so many characters may have been cut."""
RECORDED_AT = 1_500_000_000
"""The moment at which NAPALM's tests of NX-OS stand still."""


def told(driver: str, getter: str, folder: Path, **words: Any) -> Any:
    """What NAPALM's driver gives, in plain JSON.

    Raises:
        FileNotFoundError: it asks something that the folder has no answer to.
    """
    module, name = CLASSES[driver]
    found = getattr(importlib.import_module(module), name)("device", "nobody", "")
    TRANSPORTS[driver](found, folder)
    with _standing_still():
        name = getter if getter == "ping" else f"get_{getter}"
        return json.loads(json.dumps(getattr(found, name)(**words)))


@contextmanager
def _standing_still() -> Iterator[None]:
    clock = time.time
    time.time = lambda: float(RECORDED_AT)
    try:
        yield
    finally:
        time.time = clock


def _text(folder: Path, asked: str, *endings: str) -> str:
    wanted = _letters(asked)
    for ending in endings or ("txt",):
        for file in folder.glob(f"*.{ending}"):
            cut = len(file.stem) >= CUT and wanted.startswith(_letters(file.stem))
            if cut or wanted == _letters(file.stem):
                return file.read_text(encoding="utf-8")
    raise FileNotFoundError(folder / asked)


def _letters(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]", "", name)


def _eos(driver: Any, folder: Path) -> None:
    def run(commands: list[Any], encoding: str = "json", **_: Any) -> list[Any]:
        words = [each["cmd"] if isinstance(each, dict) else each for each in commands]
        texts = [_text(folder, word, encoding) for word in words]
        return [json.loads(text) if encoding == "json" else {"output": text} for text in texts]

    driver.device = SimpleNamespace(run_commands=run)
    driver.transport = "https"
    driver._run_commands = run
    driver._transform = lambda each: each
    driver.cli_version = 1


def _by_text(driver: Any, folder: Path) -> None:
    driver._send_command = lambda command, *_, **__: _text(folder, command[0] if isinstance(command, list) else command)


def _nxos(driver: Any, folder: Path) -> None:
    def show(command: str, raw_text: bool = False) -> Any:
        return _text(folder, command) if raw_text else json.loads(_text(folder, command, "json"))

    driver.device = SimpleNamespace(show=show)


def _iosxr(driver: Any, folder: Path) -> None:
    driver.device = SimpleNamespace(
        make_rpc_call=lambda rpc: _text(folder, rpc).encode(),
        show_lldp_neighbors=lambda: _text(folder, "show_lldp_neighbors"),
        _execute_config_show=lambda command: _text(folder, command),
        _execute_show=lambda command: _text(folder, command),
    )


def _iosxr_netconf(driver: Any, folder: Path) -> None:
    def answer(words: Any, ending: str = "") -> Any:
        asked = words if isinstance(words, str) else words[1]
        roots = etree.fromstring(f"<all>{asked}</all>") if isinstance(asked, str) else asked
        parts = [f"{_model(root)}_{_last(root)}{ending}" for root in roots]
        return SimpleNamespace(xml=(folder / ("__".join(parts) + ".xml")).read_text(encoding="utf-8"))

    driver.device = SimpleNamespace(
        get=lambda filter: answer(filter),
        get_config=lambda source, filter: answer(filter, f"__{source}"),
        server_capabilities=[],
    )


def _model(root: Any) -> str:
    return str(etree.QName(root).namespace).rpartition("Cisco-IOS-XR-")[2]


def _last(root: Any) -> str:
    return str(etree.QName(root).localname)


class _Rpc:
    """PyEZ's `rpc`: each attribute is an RPC."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*_: Any, instance: str = "", **__: Any) -> Any:
            return self._read(f"{name.replace('_', '-')}{instance}")

        return ask

    def get_config(self, filter_xml: Any = None, options: dict[str, str] | None = None, **_: Any) -> Any:
        if filter_xml is None:
            words = "__".join(f"{key}_{value}" for key, value in sorted((options or {}).items()))
            return self._read(f"get_config__{words}")
        return self._read(etree.tostring(filter_xml).decode())

    def _read(self, name: str) -> Any:
        return etree.fromstring(_text(self._folder, name, "xml").strip().encode())


def _junos(driver: Any, folder: Path) -> None:
    rpc = _Rpc(folder)
    facts = folder / "facts.yml"

    def whole(command: Any) -> Any:
        return SimpleNamespace(_NCElement__doc=rpc.get_config(filter_xml=command))

    driver.device = SimpleNamespace(
        rpc=rpc, hostname="device", ON_JUNOS=True, uptime=4380, transform=None, _conn=SimpleNamespace(rpc=whole),
        facts=yaml.safe_load(facts.read_text(encoding="utf-8")) if facts.exists() else {},
        cli=lambda command, **_: _text(folder, command),
        execute=lambda command, **_: rpc._read(command.tag), _use_filter=False, cu=None,
    )  # fmt: skip


TRANSPORTS: dict[str, Callable[[Any, Path], None]] = {
    "eos": _eos, "ios": _by_text, "iosxr": _iosxr, "iosxr_netconf": _iosxr_netconf, "junos": _junos, "nxos": _nxos,
    "nxos_ssh": _by_text,
}  # fmt: skip
