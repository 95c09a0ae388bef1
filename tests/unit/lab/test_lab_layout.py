"""Names and paths of a lab: short enough for the kernel, apart from other labs', safe as file names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpal.errors import Invalid
from cpal.lab.layout import MAX_HYPERVISORS, MAX_SOCKET_PATH, Layout, check_workload_name, tap_name

IFNAMSIZ = 16
"""Bytes of an interface's name with its closing NUL. Source: Linux, include/uapi/linux/if.h."""


@given(st.lists(st.text(max_size=80), unique=True, max_size=50))
def test_tap_names_fit_and_differ(port_ids: list[str]) -> None:
    names = [tap_name(port_id) for port_id in port_ids]
    assert all(name.isascii() and name.isalnum() and len(name) < IFNAMSIZ for name in names)
    assert len(set(names)) == len(names)


def test_fixed_interface_names_fit() -> None:
    layout = Layout.of(Path("/x"))
    last = layout.hypervisors(MAX_HYPERVISORS)[-1]
    assert len(f"u-{last.name}") < IFNAMSIZ
    assert all(len("e-" + host.name.removeprefix("outside-")) < IFNAMSIZ for host in layout.outside_hosts)


def test_hypervisors_have_addresses_of_their_own() -> None:
    hypervisors = Layout.of(Path("/x")).hypervisors(MAX_HYPERVISORS)
    assert len({hypervisor.underlay_address for hypervisor in hypervisors}) == MAX_HYPERVISORS


def test_labs_in_different_directories_have_different_namespaces() -> None:
    one, other = Layout.of(Path("/a/lab")), Layout.of(Path("/b/lab"))
    assert one.namespace("hv1") != other.namespace("hv1")
    assert one.namespace("hv1") == Layout.of(Path("/a/../a/lab")).namespace("hv1")


@given(st.integers(min_value=1, max_value=150))
def test_a_directory_is_refused_just_when_its_sockets_would_not_fit(length: int) -> None:
    directory = Path("/" + "d" * length)
    socket = len(f"{directory}/central/ovnnb_db.sock")
    if socket > MAX_SOCKET_PATH:
        with pytest.raises(Invalid, match=f"{socket - MAX_SOCKET_PATH} bytes too long"):
            Layout.of(directory)
    else:
        assert Layout.of(directory).endpoints.northbound == f"unix:{directory}/central/ovnnb_db.sock"


@given(st.text(max_size=120))
def test_a_workloads_name_is_a_plain_file_name(name: str) -> None:
    try:
        check_workload_name(name, frozenset({"hv1"}))
    except Invalid:
        return
    assert Path("/a", name).parent == Path("/a")
    assert not name.startswith((".", "-"))
    assert name.isascii()
    assert len(Layout.of(Path("/a")).namespace(name)) < 256
    assert name != "hv1"
