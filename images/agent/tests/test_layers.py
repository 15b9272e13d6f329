"""Each room of the agent imports only rooms below it, and everything is imported by its full name."""

from __future__ import annotations

import ast
import unittest
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).parents[1] / "kimg_agent"

# From the bottom. Rooms of one layer know nothing of each other.
LAYERS = (
    ("outside",),
    ("seed",),
    ("reporting",),
    ("etcd", "kubernetes"),
    ("fitness", "decision", "state", "maintenance"),
    ("assembly",),
    ("look",),
    # The command line, at the top of the package.
    ("",),
)
LAYER_OF = {room: layer for layer, rooms in enumerate(LAYERS) for room in rooms}


def imports(tree: ast.Module) -> Iterator[ast.stmt]:
    """Wherever they are: in functions and behind TYPE_CHECKING too."""
    return (node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))


def rooms_of(statement: ast.stmt) -> list[str]:
    """The rooms that an import reaches into; "" for a module at the top."""
    names = [alias.name for alias in statement.names] if isinstance(statement, ast.Import) else []
    if isinstance(statement, ast.ImportFrom):
        inner = statement.module == "kimg_agent"
        names = [f"kimg_agent.{alias.name}" for alias in statement.names] if inner else [statement.module or ""]
    parts = [name.split(".") for name in names]
    return [part[1] if part[1:] and part[1] in LAYER_OF else "" for part in parts if part[0] == "kimg_agent"]


def is_below(room: str, other: str) -> bool:
    return room == other or LAYER_OF[other] < LAYER_OF[room]


class Layers(unittest.TestCase):
    def setUp(self) -> None:
        self.trees = {path.relative_to(ROOT): ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}

    def test_every_folder_is_a_room_of_one_layer(self) -> None:
        folders = {path.parent for path in self.trees}
        self.assertEqual({"" if folder == Path() else str(folder) for folder in folders}, set(LAYER_OF))

    def test_every_room_says_what_it_owns(self) -> None:
        for folder in {path.parent for path in self.trees}:
            self.assertTrue(ast.get_docstring(self.trees[folder / "__init__.py"]), folder)

    def test_a_room_imports_only_rooms_below_it(self) -> None:
        wrong = [
            f"{path}:{statement.lineno}: {room or 'the top'}"
            for path, tree in self.trees.items()
            for statement in imports(tree)
            for room in rooms_of(statement)
            if not is_below(path.parts[0] if path.parts[1:] else "", room)
        ]
        self.assertEqual(wrong, [])

    def test_imports_are_absolute(self) -> None:
        relative = [
            f"{path}:{statement.lineno}"
            for path, tree in self.trees.items()
            for statement in imports(tree)
            if isinstance(statement, ast.ImportFrom) and statement.level
        ]
        self.assertEqual(relative, [])

    def test_an_upward_import_is_seen(self) -> None:
        for text, room in (
            ("from kimg_agent.look import doctor", "look"),
            ("def f():\n    import kimg_agent.look.doctor", "look"),
            ("from kimg_agent import look, cli", "look"),
        ):
            (statement,) = imports(ast.parse(text))
            self.assertEqual(rooms_of(statement)[0], room)
            self.assertFalse(is_below("assembly", room))


if __name__ == "__main__":
    unittest.main()
