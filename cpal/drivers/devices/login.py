"""Where a device is reached, and as whom."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Login:
    """A device's address and what lets cpal in; a secret is never shown.

    `way` is how the address is meant where a driver knows several: `http` and `plain` (without TLS), `local` (this
    machine), `netns` (a network namespace of this machine, `host` names it), `file` (the directory `path` of FRR's
    daemons).
    `ssh_config` and `trusted` are files to use instead of the user's configuration of SSH, and instead of the
    authorities that the machine trusts in TLS; `trusted` empty for none. `keys` are files of private keys for SSH, none
    for those of the agent and the configuration.
    """

    name: str
    host: str
    user: str
    port: int | None = None
    way: str = ""
    path: str = ""
    password: str | None = field(default=None, repr=False)
    enable_password: str | None = field(default=None, repr=False)
    timeout_s: float = 30.0
    ssh_config: tuple[str, ...] = ()
    trusted: str = ""
    keys: tuple[str, ...] = ()

    def url(self, port: int | None = None) -> str:
        """Where it is reached over HTTP, at its own port or else at `port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        number = self.port or port
        return f"http{'' if self.way == 'http' else 's'}://{host}" + (f":{number}" if number else "")
