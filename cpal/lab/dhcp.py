"""DHCP clients of workloads: udhcpc (BusyBox) for IPv4, dhclient (ISC) for IPv6, with scripts that apply what came.

Each received lease is kept as `KEY=VALUE` lines in the workload's directory (`eth0.dhcp4`, `eth0.dhcp6`), and what it
says of name servers as lines of a resolv.conf (`eth0.dns4`, `eth0.dns6`).
"""

from __future__ import annotations

from pathlib import Path

from .layout import Layout
from .namespaces import enter
from .processes import start_detached

_OPTIONS = ("search", "staticroutes", "mtu", "ntpsrv", "tftp", "bootfile", "wpad")
"""Options asked for beyond udhcpc's own list (mask, router, DNS, domain, ...). Classless routes: RFC 3442."""

_SCRIPT4 = """#!/bin/sh
# Called by udhcpc with an event as $1 and the lease as variables. Source: busybox networking/udhcp/dhcpc.c.
# Routes: RFC 3442: where classless routes came, the router option is ignored.
set -eu
at="$CPAL_LEASES/$interface"
routes() {
  number=${interface#eth}
  case "$number" in
  *.*) metric=$((1000 + ${number#*.})) ;;
  *) metric=$((100 + number)) ;;
  esac
  if [ -n "${staticroutes:-}" ]; then
    set -- $staticroutes
    while [ $# -ge 2 ]; do
      if [ "$2" = 0.0.0.0 ]; then how="scope link"; else how="via $2"; fi
      echo "route replace $1 $how dev $interface metric $metric proto dhcp"
      shift 2
    done
  elif [ -n "${router:-}" ]; then
    echo "route replace default via ${router%% *} dev $interface metric $metric proto dhcp"
  fi
}
keep() {
  env | grep -Ev '^(CPAL_.*|PATH|LC_ALL|PWD|SHLVL|_|OVN_.._DB)=' | sort >"$at.dhcp4.new"
  for server in ${dns:-}; do echo "nameserver $server"; done >"$at.dns4.new"
  if [ -n "${search:-${domain:-}}" ]; then echo "search ${search:-$domain}" >>"$at.dns4.new"; fi
  mv "$at.dhcp4.new" "$at.dhcp4"
  mv "$at.dns4.new" "$at.dns4"
}
case "$1" in
deconfig)
  rm -f "$at.dhcp4" "$at.dns4"
  ip -4 address flush dev "$interface"
  ;;
bound | renew)
  {
    echo "address replace $ip/$mask dev $interface valid_lft $lease preferred_lft $lease"
    if [ -n "${mtu:-}" ]; then echo "link set $interface mtu $mtu"; fi
    routes
  } | ip -batch -
  keep
  ;;
esac
"""

_SCRIPT6 = """#!/bin/sh
# Called by dhclient with the event as $reason and the lease as variables. Source: dhclient-script(8).
set -eu
at="$CPAL_LEASES/$interface"
case "$reason" in
PREINIT6)
  rm -f "$at.dhcp6" "$at.dns6"
  until ip -6 -oneline address show dev "$interface" scope link | grep -qv tentative; do sleep 0.05; done
  ;;
BOUND6 | RENEW6 | REBIND6)
  if [ -n "${new_ip6_address:-}" ]; then
    ip -6 address replace "$new_ip6_address/${new_ip6_prefixlen:-128}" dev "$interface" \\
      valid_lft "${new_max_life:-forever}" preferred_lft "${new_preferred_life:-forever}"
  fi
  env | grep '^new_' | sort >"$at.dhcp6.new" || true
  for server in ${new_dhcp6_name_servers:-}; do echo "nameserver $server"; done >"$at.dns6.new"
  if [ -n "${new_dhcp6_domain_search:-}" ]; then echo "search $new_dhcp6_domain_search" >>"$at.dns6.new"; fi
  mv "$at.dhcp6.new" "$at.dhcp6"
  mv "$at.dns6.new" "$at.dns6"
  ;;
EXPIRE6 | FAIL6 | RELEASE6 | STOP6)
  rm -f "$at.dhcp6" "$at.dns6"
  if [ -n "${old_ip6_address:-}" ]; then
    ip -6 address delete "$old_ip6_address/${old_ip6_prefixlen:-128}" dev "$interface" || true
  fi
  ;;
esac
"""


def role(workload: str, interface: str) -> str:
    """What the roles of an interface's DHCP clients start with."""
    return f"{workload}/{interface}/"


def write_scripts(layout: Layout) -> None:
    """Put the scripts that the clients call where they find them."""
    for version, text in ((4, _SCRIPT4), (6, _SCRIPT6)):
        script = _script(layout, version)
        fresh = script.with_suffix(".new")
        fresh.write_text(text)
        fresh.chmod(0o755)
        fresh.rename(script)


def start_client4(layout: Layout, workload: str, interface: str) -> None:
    """Ask for an IPv4 lease; returns once it is applied, or after five tries, which then go on in the background."""
    directory = layout.workload(workload)
    asked = [word for option in _OPTIONS for word in ("-O", option)]
    argv = ["udhcpc", "-i", interface, "-s", str(_script(layout, 4)), "-p", str(directory / f"{interface}.udhcpc.pid")]
    argv += ["-b", "-t", "5", "-T", "1", "-A", "1", *asked]
    _start(layout, workload, interface, "dhcp4", argv)


def start_client6(layout: Layout, workload: str, interface: str, *, stateless: bool) -> None:
    """Ask for an IPv6 lease in the background; `stateless`: only for options."""
    at = layout.workload(workload) / interface
    argv = ["dhclient", "-6", *(["-S"] if stateless else []), "-nw", "-D", "LL", "-cf", "/dev/null"]
    argv += ["-lf", f"{at}.dhclient.leases", "-pf", f"{at}.dhclient.pid", "-sf", str(_script(layout, 6))]
    argv += ["-e", f"CPAL_LEASES={layout.workload(workload)}", interface]
    _start(layout, workload, interface, "dhcp6", argv)


def lease(directory: Path, interface: str, version: int) -> dict[str, str]:
    """The options last received, named as the client names them; empty without a lease.

    udhcpc's for version 4 (ip, subnet, router, dns, mtu, staticroutes, ...), dhclient's for 6 (new_ip6_address, ...).
    """
    try:
        lines = (directory / f"{interface}.dhcp{version}").read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def resolver(directory: Path) -> str:
    """A resolv.conf of all that the leases in `directory` say; each line once."""
    lines = [line for part in sorted(directory.glob("eth*.dns?")) for line in part.read_text().splitlines()]
    return "".join(f"{line}\n" for line in dict.fromkeys(lines))


def _script(layout: Layout, version: int) -> Path:
    return layout.directory / f"dhcp{version}-event"


def _start(layout: Layout, workload: str, interface: str, protocol: str, argv: list[str]) -> None:
    directory = layout.workload(workload)
    environment = layout.environment(role(workload, interface) + protocol) | {"CPAL_LEASES": str(directory)}
    start_detached([*enter(layout, workload), *argv], environment, directory / f"{interface}.{protocol}.log")
