"""What a person is told about wrong documents, and what the published schema says of the same documents.

Each `tests/golden/documents/NAME.yaml` is a document with mistakes, and `NAME.txt` every fault of it: of the text, of
its names, of the estate that it would make and of what the target can hold. A directory NAME holds several documents. A
document that begins with `# schema: silent` has mistakes that a JSON schema cannot see.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cpal.core.stack import stack_changes
from cpal.faces.documents.__main__ import main
from cpal.faces.documents.declaring import declare
from cpal.faces.documents.json_schema import schema
from cpal.faces.documents.reading import load
from cpal.faces.documents.starter import STARTER
from cpal.model.check import check
from cpal.model.estate import Estate
from tests.source import ROOT
from tests.support.plain_yaml import plain_documents
from tests.support.telling import faults_of_documents
from tests.support.world import NAMESPACE, World

GOLDEN = ROOT / "tests" / "golden" / "documents"
CASES = sorted(GOLDEN.glob("*.yaml"))
SEVERAL = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
SILENT = "# schema: silent"


def lab() -> Estate:
    """A lab of two hypervisors, and an external network of the administrator's."""
    world = World("hv1", "hv2", physical_networks=("physnet1",))
    world.network(world.project("admin"), "public", "203.0.113.0/24", external=True, physical_network="physnet1")
    return world.estate()


def texts_of(case: Path) -> dict[str, str]:
    """The documents of a case by the name of their file."""
    return {file.name: file.read_text() for file in (sorted(case.glob("*.yaml")) if case.is_dir() else [case])}


@pytest.mark.parametrize("case", [*CASES, *SEVERAL], ids=lambda case: case.stem)
def test_a_wrong_document_is_told_every_fault(case: Path, pytestconfig: pytest.Config) -> None:
    said = "".join(f"{fault}\n" for fault in faults_of_documents(texts_of(case), lab()))
    expected = case.with_suffix(".txt")
    if pytestconfig.getoption("--update-golden"):
        expected.write_text(said)
    assert said == expected.read_text()
    assert said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_schema_rejects_what_a_schema_can_see(case: Path) -> None:
    text = case.read_text()
    if not text.startswith(SILENT):
        assert any(problems(document) for document in plain_documents(text))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_the_schema_accepts_each_example(example: Path) -> None:
    for document in plain_documents(example.read_text()):
        assert problems(document) == []


def test_the_schema_accepts_the_starter() -> None:
    for document in plain_documents(STARTER):
        assert problems(document) == []


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def problems(document: Any) -> list[str]:
    """What the schema finds in a document, by an implementation that is not ours."""
    return [error.message for error in jsonschema.Draft202012Validator(schema()).iter_errors(document)]


@pytest.mark.parametrize("name", ["schema.json", "documents.md"])
def test_what_is_published_is_what_the_table_says(name: str, tmp_path: Path) -> None:
    main(tmp_path)
    published = ROOT / "docs" / "reference" / name
    again = "is stale: python -m cpal.faces.documents docs/reference"
    assert published.read_text() == (tmp_path / name).read_text(), f"{name} {again}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_each_example_can_be_applied_and_then_nothing_is_left_to_do(example: Path) -> None:
    world = World("hv1", "hv2", "leaf1", "leaf2", "leaf3", physical_networks=("physnet1",))
    estate = world.estate()
    declaration = declare(load([example]), estate, NAMESPACE)
    after = estate.replace(stack_changes(declaration.records, declaration.stacks, estate))
    assert check(after) == ()
    again = declare(load([example]), after, NAMESPACE)
    assert stack_changes(again.records, again.stacks, after) == []


def test_the_starter_is_an_example() -> None:
    assert (ROOT / "examples" / "starter.yaml").read_text().endswith(f"\n{STARTER}")


def test_the_starter_has_five_lines_as_the_tutorial_says_and_shows() -> None:
    assert len(STARTER.splitlines()) == 5
    tutorial = (ROOT / "docs" / "tutorial" / "first-network.md").read_text()
    assert "## 2. Five lines" in tutorial
    shown = "".join(f"    {line}\n" for line in STARTER.splitlines())
    assert f"    $ cat cpal.yaml\n{shown}\n" in tutorial


def test_what_tells_editors_the_schema_leads_to_it() -> None:
    """The line by which yaml-language-server finds the schema of an example, and what `cpal schema` prints."""
    modelines = {
        example: re.findall(r"^# yaml-language-server: \$schema=(\S+)$", example.read_text(), re.MULTILINE)
        for example in EXAMPLES
    }
    assert modelines[ROOT / "examples" / "starter.yaml"]
    for example, places in modelines.items():
        for place in places:
            assert json.loads((example.parent / place).read_text()) == schema()
