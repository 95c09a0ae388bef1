"""`cpal lab openstack`: an OpenStack on this machine, with cpal as its Networking service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cpal.engine.turn import FileTurns
from cpal.errors import Invalid, NotFound
from cpal.faces.cli.opened import opened
from cpal.faces.cli.screen import done, leaves, progress

if TYPE_CHECKING:
    from cpal.faces.session import Session
    from cpal.lab.openstack.cloud import Cloud
    from cpal.lab.openstack.steps import Step

FOLDER = "openstack"
HALF_UP = "the cloud is half up: `cpal lab openstack` goes on from there, with --down it goes away"
HALF_DOWN = "the cloud is half down: `cpal lab openstack --down` again finishes"
LAB = ("the lab", "hypervisors, their switch and OVN: what the networks are made of")
"""The first step, which is not the cloud's."""


@click.command()
@click.option("--down", is_flag=True, help="Take it away: processes, databases, logs. The lab and its networks stay.")
@click.option("--openrc", is_flag=True, help="Print the environment of its administrator.")
@click.option("--port-offset", type=int, default=0, show_default=True, metavar="N", envvar="CPAL_OPENSTACK_PORT_OFFSET",
              help="Listen N above OpenStack's usual ports.")  # fmt: skip
@click.option("--what-if", is_flag=True, help="Tell the steps and why each is there, and change nothing.")
def openstack(down: bool, openrc: bool, port_offset: int, what_if: bool) -> None:
    """Bring up an OpenStack on this machine: Keystone, Placement, Glance, Nova with its fake driver, and cpal.

    Each step is told with its reason. What is there already stays; what was cut short goes on.
    """
    if down + openrc + what_if > 1:
        raise Invalid("one thing at a time", key="--down, --openrc, --what-if", remedy="name one of them")
    with opened() as session:
        cloud = _cloud(session)
        if openrc:
            _print_openrc(cloud)
        elif down:
            leaves(HALF_DOWN)
            with progress("openstack down") as report, FileTurns(cloud.home).turn():
                cloud.down(report)
            done("the cloud is down; the lab stays: cpal lab down")
        elif what_if:
            _tell_steps()
        else:
            cloud.kept(port_offset)
            leaves(HALF_UP)
            with FileTurns(cloud.home).turn():
                _bring_up(session, cloud, port_offset)


def _cloud(session: Session) -> Cloud:
    # lazy: only this verb needs it
    from cpal.lab.openstack.cloud import Cloud

    return Cloud(session.home / FOLDER, session.home)


def _bring_up(session: Session, cloud: Cloud, port_offset: int) -> None:
    _tell(1, *LAB)
    lab = session.lab.status()
    session.lab_up(len(lab.hypervisors) or 2, lab.encapsulation or "geneve")
    count = 1

    def told(step: Step, why: str) -> None:
        nonlocal count
        count += 1
        _tell(count, step.name, why)

    cloud.up(told, port_offset)
    done('the cloud is up; be its administrator: eval "$(cpal lab openstack --openrc)"')


def _tell_steps() -> None:
    # lazy: as above
    from cpal.lab.openstack.cloud import HYPERVISOR

    # lazy: as above
    from cpal.lab.openstack.steps import STEPS

    _tell(1, *LAB)
    for count, step in enumerate(STEPS, 2):
        _tell(count, step.name, step.why.format(hypervisor=HYPERVISOR))


def _tell(count: int, name: str, why: str) -> None:
    click.echo(f"{count:2} {name}: {why}")


def _print_openrc(cloud: Cloud) -> None:
    try:
        click.echo(cloud.openrc.read_text(encoding="utf-8"), nl=False)
    except FileNotFoundError:
        raise NotFound("there is no such cloud here", remedy="run `cpal lab openstack` first") from None
