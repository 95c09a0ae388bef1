"""Each device in its own words: `native` is what speaks them, and the release it tells is the one that cpal tells."""

import sys
from xml.etree.ElementTree import Element

import cpal

QUESTIONS = {
    "eos": "show version",
    "frr": "vtysh -c 'show version'",
    "ios": "show version",
    "junos": "<get-system-information/>",
    "linux": "uname -r",
    "nxos": "show version",
    "nxos_ssh": "show version",
}


def shown(answer: object) -> str:
    """An answer as text: a list of answers, decoded JSON, an XML element, or text already."""
    if isinstance(answer, list):
        return " ".join(map(shown, answer))
    return " ".join(answer.itertext()) if isinstance(answer, Element) else str(answer)


with cpal.devices(sys.argv[1]) as rack:
    for name, device in rack.items():
        own = device.native
        said = shown(own.run(QUESTIONS[device.entry.driver]))
        release = device.facts.os_version or ""
        print(f"{name} speaks {type(own).__name__}, which can {', '.join(dir(own))}")
        print(f"{name} says {release}" if release in said else f"{name} does not say {release}")
