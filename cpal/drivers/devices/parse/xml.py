"""Reading XML answers: texts and numbers of an element's parts, None where there are none."""

from __future__ import annotations

from xml.etree.ElementTree import Element


def text(of: Element | None, path: str = ".") -> str | None:
    """The text at the path without blanks around it; None where there is none, or it is empty."""
    found = of.findtext(path) if of is not None else None
    return (found or "").strip() or None


def texts(of: Element | None, path: str) -> tuple[str, ...]:
    """The texts of all elements at the path that have some."""
    found = [] if of is None else [text(each) for each in of.findall(path)]
    return tuple(each for each in found if each)


def number(of: Element | None, path: str = ".") -> int | None:
    """The whole number at the path."""
    found = text(of, path)
    return None if found is None else int(found)


def real(of: Element | None, path: str = ".") -> float | None:
    """The number at the path."""
    found = text(of, path)
    return None if found is None else float(found)


def flag(of: Element | None, path: str) -> bool | None:
    """Whether the text at the path is `true`."""
    found = text(of, path)
    return None if found is None else found.lower() == "true"


def attribute(of: Element | None, path: str, name: str) -> int | None:
    """The whole number in an attribute of the element at the path."""
    found = None if of is None else of.find(path)
    value = "" if found is None else next((each for key, each in found.attrib.items() if key.endswith(name)), "")
    return int(value) if value.isdigit() else None
