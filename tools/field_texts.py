"""What the code says of the fields of a Struct, for pages that are generated from it."""

import ast
import inspect

import msgspec


def field_texts(cls: type[msgspec.Struct]) -> dict[str, str]:
    """Field name to the string that stands below it, those of its bases included."""
    texts: dict[str, str] = {}
    bases = [each for each in cls.__mro__ if issubclass(each, msgspec.Struct) and each is not msgspec.Struct]
    for each in reversed(bases):
        (defined,) = ast.parse(inspect.getsource(each)).body
        for field, after in zip(defined.body, defined.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
            ):
                texts[field.target.id] = " ".join(str(after.value.value).split())
    return texts
