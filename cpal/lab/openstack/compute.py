"""Nova's compute service with its fake driver, which starts no machines: `python compute.py --config-file nova.conf`.

Two things a real driver does are added. It waits for its ports: a server becomes ACTIVE when network-vif-plugged was
heard of each, and goes to ERROR if it is not in time (`vif_plugging_is_fatal`), as with libvirt; its log says for which
it waits. And it keeps the id of its node in the state directory, so that it may be started again.

Source: Nova's virt/fake.py, virt/libvirt/driver.py (`_create_guest_with_network`) and virt/node.py.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from nova import monkey_patch

monkey_patch.patch(backend="threading")

# lazy is none of this: Nova wants to be patched, or told not to be, before anything else of it is imported
import nova.conf  # noqa: E402 as above
from nova import exception  # noqa: E402 as above
from nova.cmd.compute import main  # noqa: E402 as above
from nova.virt import fake, node  # noqa: E402 as above
from oslo_log import log as logging  # noqa: E402 as above

PLUGGED = "network-vif-plugged"
MODULE = "cpal_fake"
"""What the module is called below nova.virt, where drivers are looked for."""

log = logging.getLogger(f"nova.virt.{MODULE}")


class WaitingFakeDriver(fake.FakeDriver):  # type: ignore[misc]  # no types where Nova is not installed
    """The fake driver, waiting for ports."""

    def spawn(self, context: Any, instance: Any, *words: Any, network_info: Any = None, **more: Any) -> None:
        """Pretend to start a server, and wait until its ports are plugged.

        `network_info` is Nova's future: to go through it waits until the ports are bound and all of them is asked.
        """
        waited = [(PLUGGED, vif["id"]) for vif in network_info or () if not vif.get("active", True)]
        timeout = nova.conf.CONF.vif_plugging_timeout
        try:
            with self.virtapi.wait_for_instance_event(instance, waited if timeout else [], timeout=timeout):
                super().spawn(context, instance, *words, network_info=network_info, **more)
                log.info("Waits for its ports: %s", ", ".join(port for _, port in waited), instance=instance)
        except exception.InstanceEventTimeout:
            if nova.conf.CONF.vif_plugging_is_fatal:
                raise exception.VirtualInterfaceCreateException from None

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        """The one node, by the id kept in the state directory."""
        return {node.get_local_node_uuid(): self._host}

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        """What the fake driver says there is, of the node with that id."""
        return {**super().get_available_resource(nodename), "uuid": node.get_local_node_uuid()}


if __name__ == "__main__":
    module = ModuleType(f"nova.virt.{MODULE}")
    module.WaitingFakeDriver = WaitingFakeDriver  # type: ignore[attr-defined]  # that is what the module is for
    sys.modules[module.__name__] = module
    sys.exit(main())
