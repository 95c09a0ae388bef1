"""Services of a device: users, NTP, SNMP, probes, and its configuration."""

from __future__ import annotations

from cpal.model.device.state import State


class User(State, frozen=True, kw_only=True):
    """Who may log in. Source: openconfig-system `/system/aaa/authentication/users/user`.

    `role` is the device's word for what the user may do, `level` its number from 0 to 15 where it has one.
    """

    name: str
    role: str | None = None
    level: int | None = None
    password_hash: str | None = None
    ssh_keys: tuple[str, ...] = ()


class NtpServer(State, frozen=True, kw_only=True):
    """A server or peer that the clock is set by. Source: openconfig-system `/system/ntp/servers/server`."""

    address: str
    association_type: str = "SERVER"
    port: int | None = None
    version: int | None = None
    iburst: bool | None = None
    prefer: bool | None = None
    vrf: str | None = None
    source_address: str | None = None
    key_id: int | None = None


class NtpAssociation(State, frozen=True, kw_only=True):
    """How the clock does with a server. Source: RFC 9327, 3 (peer variables); times in milliseconds.

    `reachability` is the shift register of the last eight polls; `poll` how often it is asked, as
    the device counts it (seconds, or their power of 2); `when` how long ago the last packet came, in its words.
    """

    remote: str
    reference_id: str | None = None
    synchronized: bool | None = None
    stratum: int | None = None
    type: str | None = None
    when: str | None = None
    poll: int | None = None
    reachability: int | None = None
    delay_ms: float | None = None
    offset_ms: float | None = None
    jitter_ms: float | None = None


class SnmpCommunity(State, frozen=True, kw_only=True):
    """An SNMP community; `mode` is the device's word for what it may: `ro`, `rw`, or a group; `acl` who may use it."""

    name: str
    mode: str | None = None
    acl: str | None = None


class Snmp(State, frozen=True, kw_only=True):
    """SNMP. Source: RFC 3418 `sysContact`, `sysLocation`; the chassis id is the device's own."""

    chassis_id: str | None = None
    contact: str | None = None
    location: str | None = None
    communities: tuple[SnmpCommunity, ...] = ()


class Probe(State, frozen=True, kw_only=True):
    """A measurement that the device makes by itself (IP SLA, RPM): `owner` and `name` are its key."""

    owner: str
    name: str
    type: str | None = None
    target: str | None = None
    source: str | None = None
    count: int | None = None
    interval_s: int | None = None


class Delays(State, frozen=True, kw_only=True):
    """The shortest, longest and mean round trip."""

    min_ms: float | None = None
    max_ms: float | None = None
    avg_ms: float | None = None


class ProbeResult(State, frozen=True, kw_only=True):
    """What a measurement of the device found: `owner` and `name` are its key, as those of `Probe`.

    Times are round trips. `current` is the test that runs, `last` the one before; `total` is what the device sums up
    over many: Junos since the probe began, IOS-XR in the first hour that it keeps. `rtt_ms` is that of the last probe
    (Junos), or the mean over the last test (IOS-XR); `rms_ms` the root of the mean of the squares over `total`.
    """

    owner: str
    name: str
    type: str | None = None
    target: str | None = None
    source: str | None = None
    count: int | None = None
    rtt_ms: float | None = None
    jitter_ms: float | None = None
    rms_ms: float | None = None
    last_loss_percent: float | None = None
    current: Delays | None = None
    last: Delays | None = None
    total: Delays | None = None


class Config(State, frozen=True, kw_only=True):
    """A device's configurations, as it writes them; None for one that it does not have."""

    running: str | None = None
    startup: str | None = None
    candidate: str | None = None
