"""Typed objects that also index like the dictionaries of the developer guide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any, ClassVar, TypeVar, cast


T = TypeVar("T", bound="Record")


class Indexed(Mapping[str, Any]):
    """An object whose attributes can be read by index, too: ``result["output"]`` is ``result.output``.

    It is a read-only mapping of their names, so that ``dict(result)``, ``"output" in result`` and ``**result`` work.
    """

    __slots__ = ()

    def _names(self) -> tuple[str, ...]:
        raise NotImplementedError

    def __getitem__(self, name: str) -> Any:
        if name in self._names():
            return getattr(self, name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def to_dict(self) -> dict[str, Any]:
        """The same as a dictionary of plain values, all the way down: ready for ``json.dumps``. It is the JSON that the
        runtime has for it; what is left out there is left out here."""
        return {name: _plain(getattr(self, name)) for name in self._names() if not self._is_left_out(name)}

    def _is_left_out(self, name: str) -> bool:
        """Whether the runtime's JSON leaves a member out, as it is."""
        return False


def _plain(value: Any) -> Any:
    if isinstance(value, Indexed):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value


class Record(Indexed):
    """Something that the runtime tells. Its fields are those of the runtime's JSON."""

    #: Fields that are records themselves, or lists of them.
    _parts: ClassVar[Mapping[str, type[Record]]] = {}

    def _names(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cast(Any, self)))

    def _is_left_out(self, name: str) -> bool:
        field = next(field for field in fields(cast(Any, self)) if field.name == name)
        has_default = field.default is not MISSING or field.default_factory is not MISSING
        return has_default and getattr(self, name) in (None, [])

    @classmethod
    def _of(cls: type[T], members: Mapping[str, Any]) -> T:
        """Makes one of the runtime's JSON. Members that are left out there have their defaults."""
        return cls(**{name: _part(cls._parts.get(name), value) for name, value in members.items()})

    @classmethod
    def _all(cls: type[T], members: list[Mapping[str, Any]]) -> list[T]:
        return [cls._of(item) for item in members]


def _part(kind: type[Record] | None, value: Any) -> Any:
    if kind is None or value is None:
        return value
    return kind._all(value) if isinstance(value, list) else kind._of(value)
