"""Recipes as TOML: what a run would use, to be read, edited, and given back."""

import sys
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from sr_demo.training.recipe import Recipe

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

AnyRecipe = TypeVar("AnyRecipe", bound=Recipe)


class RecipeError(Exception):
    """A recipe file that cannot be used; the message says where and why."""


def to_toml(recipe: Recipe) -> str:
    """All of a recipe, one line for each entry; what has parts of its own as tables at the end."""
    return "\n".join(_lines(asdict(recipe), "")) + "\n"


def _lines(entries: Mapping[str, Any], table: str) -> list[str]:
    tables = {name: value for name, value in entries.items() if isinstance(value, Mapping)}
    plain = {k: v for k, v in entries.items() if k not in tables and v is not None}
    lines = [f"{name} = {_value(value)}" for name, value in plain.items()]
    for name, inner in tables.items():
        path = f"{table}.{name}".lstrip(".")
        lines += ["", f"[{path}]", *_lines(inner, path)]
    return lines


def _value(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'  # names alone: nothing that TOML would have escaped
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)


def from_toml(file: Path, base: AnyRecipe) -> AnyRecipe:
    """The recipe in a file; what it leaves out is as in ``base``.

    Raises:
        RecipeError: if it is unreadable, is for another network, or has an entry that does not
            exist or is of another kind than there.
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{file} cannot be read as TOML: {error}") from error
    if entries.get("method", base.method) != base.method:
        raise RecipeError(f"{file} is a recipe for {entries['method']}, not for {base.method}")
    return _replaced(base, entries, base.method, str(file))


def _replaced(base: Any, entries: Mapping[str, Any], what: str, where: str) -> Any:
    """A frozen dataclass with some of its fields from TOML."""
    values = {field.name: getattr(base, field.name) for field in fields(base)}
    known = {name: value for name, value in values.items() if value is not None}
    for name in entries:
        if name not in known:
            raise RecipeError(f"{where}: {what} has no {name}; it has {', '.join(known)}")
    return replace(base, **{k: _like(known[k], v, f"{where}: {k}") for k, v in entries.items()})


def _like(example: Any, value: Any, where: str) -> Any:
    """A value from TOML as the kind that the recipe has in its place."""
    if isinstance(example, float) and type(value) in (int, float):
        return float(value)
    if isinstance(example, tuple) and isinstance(value, list) and value:
        return tuple(_like(example[0], item, where) for item in value)
    if is_dataclass(example) and isinstance(value, Mapping):
        return _replaced(example, value, where.rpartition(": ")[2], where)
    if isinstance(example, Mapping) and isinstance(value, Mapping):
        return {
            name: _like(example.get(name, 1.0), item, f"{where}.{name}")
            for name, item in value.items()
        }
    if type(example) is type(value):
        return value
    kinds = {"tuple": "a list", "dict": "a table", "int": "a whole number", "float": "a number"}
    kind = "dict" if is_dataclass(example) else type(example).__name__
    raise RecipeError(f"{where} is {value!r}, expected {kinds.get(kind, kind)}")
