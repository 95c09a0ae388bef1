"""`python -m cpal.faces.documents FOLDER` writes `schema.json` and `documents.md` there: generated reference."""

from __future__ import annotations

import sys
from pathlib import Path

from cpal.faces.documents.json_schema import reference, schema_text


def main(folder: Path) -> None:
    """Write the JSON schema and the page of reference into a folder."""
    (folder / "schema.json").write_text(schema_text(), encoding="utf-8")
    (folder / "documents.md").write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
