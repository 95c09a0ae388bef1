"""What DHCP clients report is read as they wrote it; their scripts are right for the shell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cpal.lab.dhcp import lease, resolver, write_scripts
from cpal.lab.layout import Layout


def test_a_lease_is_read_whatever_its_values_hold(tmp_path: Path) -> None:
    (tmp_path / "eth0.dhcp4").write_text("ip=10.0.0.5\ndomain=a=b\nbootfile=\nsearch=x y\n")
    assert lease(tmp_path, "eth0", 4) == {"ip": "10.0.0.5", "domain": "a=b", "bootfile": "", "search": "x y"}
    assert lease(tmp_path, "eth0", 6) == {}


def test_a_resolver_names_each_server_once(tmp_path: Path) -> None:
    assert resolver(tmp_path) == ""
    (tmp_path / "eth0.dns4").write_text("nameserver 10.0.0.1\nsearch a.example\n")
    (tmp_path / "eth0.dns6").write_text("nameserver fd00::1\n")
    (tmp_path / "eth1.dns4").write_text("nameserver 10.0.0.1\n")
    assert resolver(tmp_path) == "nameserver 10.0.0.1\nsearch a.example\nnameserver fd00::1\n"


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_the_scripts_are_shell(tmp_path: Path, shell: str) -> None:
    write_scripts(Layout.of(tmp_path))
    scripts = sorted(tmp_path.iterdir())
    assert [script.name for script in scripts] == ["dhcp4-event", "dhcp6-event"]
    for script in scripts:
        assert script.stat().st_mode & 0o111
        subprocess.run([shell, "-n", str(script)], check=True)
