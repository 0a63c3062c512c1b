"""An exception that nobody expected, as one line: is the request at fault, or the generator?"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from protoc_gen_pds.errors import GenerationError

if TYPE_CHECKING:
    from google.protobuf.compiler import plugin_pb2

_PACKAGE = Path(__file__).parent


def explain(error: Exception, request: plugin_pb2.CodeGeneratorRequest) -> GenerationError:
    """What to tell the user: the descriptor that protobuf itself refuses, else a bug of ours and its place.

    The generator trusts that protoc or buf has checked the descriptors, which makes it fast; only when
    it has failed is protobuf's own checker asked.
    """
    from protoc_gen_pds.schema.custom_options import OptionReader

    # Protobuf hands out bytes for a string that is none.
    if not all(isinstance(text, str) for text in (request.parameter, *request.file_to_generate)):
        return GenerationError("the request's parameter or file names are not UTF-8")
    try:
        OptionReader(request.proto_file)
    except GenerationError as refusal:
        return refusal
    except Exception as refusal:  # the checker of a protobuf release may fail in a way of its own
        return GenerationError(f"the request's descriptors are not valid: {refusal}")
    return GenerationError(
        f"internal error: {type(error).__name__}: {error} ({_place(error)}); this is a bug: please report it with"
        " the request that PROTOC_GEN_PDS_DUMP=FILE writes"
    )


def _place(error: Exception) -> str:
    """File and line of the innermost frame that is ours."""
    ours = "outside of protoc_gen_pds"
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(_PACKAGE):
            ours = f"{path.relative_to(_PACKAGE.parent).as_posix()}:{frame.lineno}"
    return ours
