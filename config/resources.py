"""The resources of a service in `.devstack.yaml`. Their specs are loaded when some are listed: most runs read none."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:
    from hooks.contract import Spec

MOST = 50


class _WhenListed:
    """Pydantic's view of the field: nothing for none, the whole union of kinds as soon as there is one."""

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        serialization = core_schema.plain_serializer_function_ser_schema(written)
        return core_schema.no_info_plain_validator_function(_read, serialization=serialization)

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(_adapter().core_schema)


def _read(value: object) -> tuple["Spec", ...]:
    """A ValidationError of the inside is taken over with its places."""
    if value == [] or value == ():
        return ()
    found: tuple[Spec, ...] = _adapter().validate_python(value)
    return found


def written(specs: Sequence["Spec"]) -> list[dict[str, Any]]:
    """The resources as their owner wrote them."""
    return [spec.model_dump(mode="json", by_alias=True, exclude_unset=True) for spec in specs]


@cache
def _adapter() -> TypeAdapter[Any]:
    from pydantic import Field

    from hooks import table

    return TypeAdapter(Annotated[tuple[table.Resource, ...], Field(strict=False, max_length=MOST)])


if TYPE_CHECKING:
    Resources = tuple["Spec", ...]
else:
    Resources = Annotated[tuple, _WhenListed()]
