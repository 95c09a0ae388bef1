"""The emulator of Juniper Junos, asked by ncclient, a NETCONF client that knows little more than the RFC."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from ncclient import manager
from ncclient.operations import RPCError
from ncclient.transport.errors import AuthenticationError, SessionCloseError, TransportError
from ncclient.xml_ import to_ele

from cpal.errors import Invalid
from cpal.lab.emulate.fleet import PASSWORD, USER, Wanted
from tests.support.emulated import Running, emulated, until

GONE = (TransportError, SessionCloseError, EOFError, OSError)
"""What ncclient raises when its session is cut."""


@pytest.fixture
def running() -> Iterator[Running]:
    """A switch."""
    with emulated(Wanted("junos", "leaf1", boot_s=0.2)) as found:
        yield found


def connected(running: Running, password: str = PASSWORD, timeout: float = 30) -> Any:
    """A NETCONF session."""
    return manager.connect(
        host="127.0.0.1", port=running["leaf1"].port, username=USER, password=password, hostkey_verify=False,
        look_for_keys=False, allow_agent=False, timeout=timeout, device_params={"name": "default"},
    )  # fmt: skip


@pytest.fixture
def leaf(running: Running) -> Iterator[Any]:
    """A session with the switch."""
    session = connected(running)
    yield session
    if session.connected:
        session.close_session()


def config(inside: str) -> str:
    """A configuration for `edit-config`."""
    return f"<config><configuration>{inside}</configuration></config>"


def vlan(name: str, number: int) -> str:
    """A VLAN, as XML."""
    return config(f"<vlans><vlan><name>{name}</name><vlan-id>{number}</vlan-id></vlan></vlans>")


def held(session: Any, source: str = "running") -> set[str]:
    """The VLANs of a configuration."""
    data = session.get_config(source=source).data_xml
    return {name for name in ("red", "blue") if f"<name>{name}</name>" in data}


def test_it_says_hello_and_who_it_is(leaf: Any) -> None:
    assert any("confirmed-commit" in each for each in leaf.server_capabilities)
    assert "an emulator, no Junos OS" in leaf.dispatch(to_ele("<get-software-information/>")).xml


def test_the_candidate_is_apart_until_it_is_committed(leaf: Any) -> None:
    leaf.edit_config(target="candidate", config=vlan("red", 10))
    assert (held(leaf, "candidate"), held(leaf)) == ({"red"}, set())
    leaf.discard_changes()
    assert held(leaf, "candidate") == set()
    leaf.edit_config(target="candidate", config=vlan("red", 10))
    leaf.commit()
    assert held(leaf) == {"red"}


def test_a_commit_that_is_not_confirmed_takes_itself_back(leaf: Any) -> None:
    leaf.edit_config(target="candidate", config=vlan("red", 10))
    leaf.commit(confirmed=True, timeout="1")
    assert held(leaf) == {"red"}
    until(lambda: held(leaf) == set())
    assert held(leaf, "candidate") == set()


def test_a_commit_that_is_confirmed_stays(leaf: Any, running: Running) -> None:
    leaf.edit_config(target="candidate", config=vlan("red", 10))
    leaf.commit(confirmed=True, timeout="2")
    leaf.commit()
    time.sleep(2.2)
    assert held(leaf) == {"red"}
    running.order("leaf1", "reboot")
    assert held(until(lambda: again(running))) == {"red"}


def test_a_reboot_while_a_commit_waits_brings_back_the_old_configuration(leaf: Any, running: Running) -> None:
    leaf.edit_config(target="candidate", config=vlan("red", 10))
    leaf.commit(confirmed=True, timeout="600")
    running.order("leaf1", "reboot")
    session = until(lambda: again(running))
    assert (held(session), held(session, "candidate")) == (set(), set())
    session.close_session()


def again(running: Running) -> Any:
    """A new session once the switch is up; None while it is not."""
    try:
        return connected(running)
    except GONE:
        return None


def test_a_session_that_is_cut_while_a_commit_waits_reverts_it(leaf: Any, running: Running) -> None:
    leaf.edit_config(target="candidate", config=vlan("red", 10))
    leaf.commit(confirmed=True, timeout="1")
    leaf._session.close()
    session = connected(running)
    until(lambda: held(session) == set())
    session.close_session()


def test_one_session_holds_the_lock_and_others_change_nothing(leaf: Any, running: Running) -> None:
    other = connected(running)
    with leaf.locked("candidate"):
        for attempt in (
            lambda: other.lock("candidate"),
            lambda: other.edit_config(target="candidate", config=vlan("blue", 20)),
            other.commit,
        ):
            with pytest.raises(RPCError, match="configuration database locked by"):
                attempt()
    other.edit_config(target="candidate", config=vlan("blue", 20))
    with pytest.raises(RPCError, match="configuration database modified"):
        leaf.lock("candidate")
    other.close_session()


def test_a_lock_goes_with_its_session_and_so_does_what_was_not_committed(leaf: Any, running: Running) -> None:
    other = connected(running)
    other.lock("candidate")
    other.edit_config(target="candidate", config=vlan("blue", 20))
    other.close_session()
    until(lambda: held(leaf, "candidate") == set())
    leaf.lock("candidate")


def test_what_it_does_not_know_is_refused_and_nothing_is_changed(leaf: Any) -> None:
    wrong = config("<vlans><vlan><name>red</name><vlan-id>10</vlan-id><vlan-idd>1</vlan-idd></vlan></vlans>")
    with pytest.raises(RPCError, match="syntax error"):
        leaf.edit_config(target="candidate", config=wrong)
    assert held(leaf, "candidate") == set()
    with pytest.raises(RPCError, match="syntax error"):
        leaf.dispatch(to_ele("<make-coffee/>"))


def test_elements_are_deleted_and_a_filter_chooses(leaf: Any) -> None:
    leaf.edit_config(target="candidate", config=vlan("red", 10))
    leaf.edit_config(target="candidate", config=vlan("blue", 20))
    leaf.edit_config(
        target="candidate", config=config('<vlans><vlan operation="delete"><name>red</name></vlan></vlans>')
    )
    assert held(leaf, "candidate") == {"blue"}
    chosen = leaf.get_config(source="candidate", filter=("subtree", "<configuration><vlans/></configuration>")).data_xml
    assert "<name>blue</name>" in chosen
    assert "host-name" not in chosen


def test_nobody_comes_in_with_another_password(running: Running) -> None:
    with pytest.raises(AuthenticationError):
        connected(running, password="wrong")


def test_told_to_refuse_it_refuses_and_keeps_the_candidate(leaf: Any, running: Running) -> None:
    running.order("leaf1", "faults", match="<commit", message="out of TCAM")
    leaf.edit_config(target="candidate", config=vlan("red", 10))
    with pytest.raises(RPCError, match="out of TCAM"):
        leaf.commit()
    assert (held(leaf, "candidate"), held(leaf)) == ({"red"}, set())


@pytest.mark.parametrize(("action", "when", "expected"), [
    ("drop", "before", set()), ("drop", "after", {"red"}), ("reboot", "after", set()),
])  # fmt: skip
def test_told_to_fail_in_a_commit_it_leaves_the_old_or_the_new(
    leaf: Any, running: Running, action: str, when: str, expected: set[str]
) -> None:
    running.order("leaf1", "faults", match="<confirmed", action=action, when=when)
    leaf.edit_config(target="candidate", config=vlan("red", 10))
    with pytest.raises(GONE):
        leaf.commit(confirmed=True, timeout="600")
    session = until(lambda: again(running))
    assert held(session) == expected
    session.close_session()


def test_switching_netconf_off_closes_the_door_and_a_timer_opens_it_again(leaf: Any, running: Running) -> None:
    off = config('<system><services><netconf operation="delete"/></services></system>')
    leaf.edit_config(target="candidate", config=off)
    leaf.commit(confirmed=True, timeout="2")
    assert again(running) is None
    until(lambda: again(running)).close_session()


def test_it_has_no_form_in_plain_text() -> None:
    with pytest.raises(Invalid, match="no form in plain text"), emulated(Wanted("junos", "one", plain=True)):
        pass


def test_a_member_of_a_lag_has_no_unit_and_there_are_as_many_as_were_asked_for(leaf: Any) -> None:
    def loaded(*lines: str) -> None:
        text = "\n".join(lines)
        leaf.dispatch(to_ele(f'<load-configuration action="set"><configuration-set>{text}</configuration-set>'
                             "</load-configuration>"))  # fmt: skip

    loaded("set chassis aggregated-devices ethernet device-count 2", "set interfaces ae1 description to-spines",
           "set interfaces ae2 description none", "set interfaces ge-0/0/1 ether-options 802.3ad ae1",
           "set interfaces ge-0/0/1 unit 0 family inet")  # fmt: skip
    for attempt in ("<commit-configuration><check/></commit-configuration>", "<commit-configuration/>"):
        with pytest.raises(RPCError, match="logical unit is not allowed on aggregated links"):
            leaf.dispatch(to_ele(attempt))
    with pytest.raises(RPCError, match="logical unit"):
        leaf.validate()
    loaded("delete interfaces ge-0/0/1 unit 0")
    leaf.dispatch(to_ele("<commit-configuration/>"))
    told = leaf.dispatch(to_ele("<get-interface-information/>")).xml
    assert [f"<name>ae{n}</name>" in told for n in range(3)] == [True, True, False]
