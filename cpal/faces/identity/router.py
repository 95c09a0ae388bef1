"""From method and path to the route that answers, over a table of routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cpal.faces.identity.realm import Action, Rule


class Route(NamedTuple):
    """One line of the API: `path` names its variable parts in braces; no rule means that no token is needed."""

    method: str
    path: str
    rule: Rule | None
    action: Action


class Match(NamedTuple):
    """The route of a request, and what its path names."""

    route: Route
    names: Mapping[str, str]


class Router:
    """A table of routes, ready to be asked."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._paths: dict[tuple[str, ...], dict[str, Route]] = {}
        for route in routes:
            shape = tuple("*" if part.startswith("{") else part for part in _parts(route.path))
            self._paths.setdefault(shape, {})[route.method] = route
        self._shapes: dict[int, list[tuple[str, ...]]] = {}
        for shape in sorted(self._paths, key=lambda shape: [part == "*" for part in shape]):
            self._shapes.setdefault(len(shape), []).append(shape)

    def methods(self, path: str) -> dict[str, Match]:
        """What answers to each method at a path; nothing where nothing is. HEAD is GET without its body."""
        parts = _parts(path)
        for shape in self._shapes.get(len(parts), ()):
            if all(expected in ("*", part) for expected, part in zip(shape, parts, strict=True)):
                found = {method: Match(route, _names(route, parts)) for method, route in self._paths[shape].items()}
                return {"HEAD": found["GET"], **found} if "GET" in found else found
        return {}


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/")


def _names(route: Route, parts: list[str]) -> dict[str, str]:
    named = zip(_parts(route.path), parts, strict=True)
    return {name[1:-1]: part for name, part in named if name.startswith("{")}
