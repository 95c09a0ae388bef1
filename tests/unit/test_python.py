"""`import cpal` in a fresh process: what `dir()` lists can be got, and `help()` on it is worth reading."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cpal import model
from cpal.model.estate import RECORD_TYPES


def python(script: str) -> str:
    """What a script prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", ["cpal", "cpal.model"])
def test_every_name_that_dir_lists_can_be_got_first_thing(module: str) -> None:
    names = python(f"import {module}\nprint(*dir({module}))").split()
    assert names
    for name in names if module == "cpal" else [names[0], names[-1]]:
        python(f"import {module}\nassert {module}.{name} is not None")
        python(f"from {module} import {name}\nassert {name} is not None")
    assert python(f"import {module}\nfor name in dir({module}): getattr({module}, name)\nprint('all')") == "all\n"


@pytest.mark.parametrize("module", ["cpal", "cpal.model"])
def test_a_name_that_is_not_there_is_an_attribute_error(module: str) -> None:
    script = f"import {module}\ntry:\n    {module}.nothing\nexcept AttributeError as error:\n    print(error)"
    assert python(script) == f"module '{module}' has no attribute 'nothing'\n"


def test_the_model_offers_every_type_of_record() -> None:
    assert {kind.__name__ for kind in RECORD_TYPES} <= set(dir(model))
    assert all(getattr(model, kind.__name__) is kind for kind in RECORD_TYPES)


def test_a_type_checker_sees_the_same_names() -> None:
    script = (
        "import typing\ntyping.TYPE_CHECKING = True\nimport cpal.model as m\nprint(*sorted(set(vars(m)) & set(dir(m))))"
    )
    assert python(script).split() == dir(model)


@pytest.mark.parametrize("module", ["cpal", "cpal.model"])
def test_importing_loads_nothing_that_was_not_asked_for(module: str) -> None:
    loaded = python(f"import sys, {module}\nprint(*sys.modules)").split()
    assert [name for name in loaded if name.startswith(("cpal.", "msgspec", "asyncio"))] == ["cpal.model"][
        : module.count(".")
    ]


HELP = {
    "cpal": ["Declare a network once", "cpal.errors", "class Session", "What applying a declaration would change"],
    "cpal.Session": ["Every call raises an error of `cpal.errors`", "apply(", "lab_up(", "plan(", "verify("],
    "cpal.errors": ["Busy", "another process holds the store", "class NotOwned"],
    "cpal.model": ["class Network", "class SecurityGroupRule", "A layer-2 broadcast domain.", "class Estate"],
    "cpal.model.Network": ["A layer-2 broadcast domain.", "segmentation_id", "mtu"],
}
"""What must be said on each."""


@pytest.mark.parametrize("thing", HELP)
def test_help_says_something_worth_reading(thing: str) -> None:
    text = python(f"import cpal, pydoc\nprint(pydoc.plain(pydoc.render_doc({thing})))")
    assert [words for words in HELP[thing] if words not in text] == []
    assert "__getattr__" not in text


def test_every_call_of_a_session_says_what_it_does() -> None:
    script = "import cpal\nfor n in dir(cpal.Session):\n    print(n, bool(getattr(cpal.Session, n).__doc__))"
    told = dict(line.split() for line in python(script).splitlines() if not line.startswith("_"))
    assert {"load", "plan", "apply", "observe", "verify", "estate"} <= told.keys()
    assert [name for name, documented in told.items() if documented != "True"] == []
