"""Configurations without their secrets: after which words of a line the secret stands."""

from __future__ import annotations

import re
from collections.abc import Iterable

REMOVED = "<removed>"
Rules = tuple[tuple[re.Pattern[str], str], ...]


def _hiding(*leads: str, kept: str = "") -> Rules:
    """Rules that hide what follows each lead in its line, but for what `kept` matches at the end."""
    rest = rf".+?({kept})$" if kept else r".+$"
    shown = rf"\1 {REMOVED}\2" if kept else rf"\1 {REMOVED}"
    return tuple((re.compile(rf"^({lead}) {rest}", re.MULTILINE), shown) for lead in leads)


CISCO: Rules = (
    *_hiding(
        r"snmp-server community",
        r"(?:username .+|enable) (?:password|secret)(?: level \d+)? \d",
        r"tacacs-server (?:.+ )?key",
        r"\s+ip ospf (?:message-digest-key \d+ md5|authentication-key)",
        r"\s+neighbor \S+ password",
        r"\s+vrrp \d+ authentication text",
        r"\s+key-string",
        r"\s+ppp (?:chap|pap) password \d",
        r".*\bkey 7",
        r".*wpa-psk ascii \d",
        r"(?:tacacs|radius) server [^\n]+\n(?:\s+[^\n]+\n)*?\s+key",
    ),
    *_hiding(r"snmp-server host \S+(?: vrf \S+)?(?: version (?:1|2c|3))?", kept=r"(?: \S+)*"),
    *_hiding(r"crypto isakmp key", kept=r" .*"),
    *_hiding(r"\s+standby \d+ authentication(?: md5 key-string)?", kept=r"(?: timeout \d+)?"),
    (
        re.compile(r"^(snmp-server user \S+(?: \S+)? auth md5) \S+ priv \S+( localizedkey.*)?$", re.MULTILINE),
        rf"\1 {REMOVED} priv {REMOVED}\2",
    ),
    (re.compile(r"^(\s+(?:password|secret)) (?:\d{1,2} )?\S+$", re.MULTILINE), rf"\1 {REMOVED}"),
)
"""IOS and what looks like it. Source: Cisco IOS command references, lines that take a key or a password."""

EOS: Rules = (*CISCO, *_hiding(r"\s+aaa root secret \d", r"\s+username .+ (?:password|secret) \d"))

JUNOS: Rules = (
    (re.compile(r"^(\s+community\s+)\w+(;.*|\s+\{.*)$", re.MULTILINE), rf"\1{REMOVED}\2"),
    (re.compile(r'^(.*)"\$\d\$\S+"(;.*)$', re.MULTILINE), rf"\1{REMOVED}\2"),
)
"""Junos: SNMP's communities, its own reversible form ($9$) and the hashes of crypt(3)."""


def sanitized(config: str, rules: Rules) -> str:
    """The configuration with each secret replaced by a word."""
    for pattern, shown in rules:
        config = pattern.sub(shown, config)
    return config


_LEAD = re.compile(
    r"(?:^|[\s-])(?:password|passphrase|secret|psk|key|key-string|key-chain|md5|sha\S*|authentication|auth|priv|community)"
    r"(?=\s)"
)


def without_secrets(command: str) -> str:
    """A command of any make without what may be its secret: what stands behind the first word that leads to one."""
    found = _LEAD.search(command)
    return command if found is None else f"{command[: found.end()]} {REMOVED}"


def without_secrets_of(commands: Iterable[str], said: str) -> str:
    """What is said of commands, without what may be their secrets, or a part of one."""
    for command in commands:
        found = _LEAD.search(command)
        secret = command[found.end() :].strip() if found is not None else ""
        for part in (secret, *secret.split(), *(word.strip('"') for word in secret.split())):
            said = said.replace(part, REMOVED) if len(part) > _LONGEST_WORD else said
    return said


_LONGEST_WORD = 4
"""Of those that only say what kind of secret follows."""
