"""A scratch copy of the shop: the only files that the agents ever change."""

import shutil
import tempfile
from pathlib import Path
from types import TracebackType

SHOP = Path(__file__).parent / "shop"
KINDS = (".py", ".html", ".js")


class Workspace:
    """A copy in a folder of its own; file names are relative to it, as ``shop/cart.py``."""

    def __init__(self) -> None:
        """Copy the shop; the copy vanishes with the ``with`` block."""
        self._folder = tempfile.TemporaryDirectory(prefix="selfheal-")
        self.import_root = Path(self._folder.name)
        self.root = self.import_root / "selfheal"
        shutil.copytree(SHOP, self.root / "shop", ignore=shutil.ignore_patterns("__pycache__"))

    def __enter__(self) -> "Workspace":
        """Use the copy."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove the copy."""
        self._folder.cleanup()

    def files(self) -> list[str]:
        """Names of all source files, in order."""
        found = (each for each in self.root.rglob("*") if each.suffix in KINDS)
        return sorted(each.relative_to(self.root).as_posix() for each in found)

    def read(self, file: str) -> str:
        """The text of a file."""
        return (self.root / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        """Replace the text of a file."""
        (self.root / file).write_text(text, encoding="utf-8")
