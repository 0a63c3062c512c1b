"""Options of an element, with every extension that the request carries readable by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pool, message_factory

from protoc_gen_pds.errors import GenerationError, Position

if TYPE_CHECKING:
    from google.protobuf import descriptor_pb2 as pb
    from google.protobuf.message import Message


class Options:
    """Options of one element.

    Standard options are attributes of :attr:`raw`; custom ones are looked up by their full name:
    ``options["google.api.http"]``. Values of message options are dynamic protobuf messages.
    """

    __slots__ = ("_parsed", "_reader", "raw")

    def __init__(self, reader: OptionReader, raw: Message) -> None:
        self._reader = reader
        self.raw = raw
        self._parsed: Message | None = None

    @property
    def message(self) -> Message:
        """The options parsed with the request's own descriptors: extensions are known fields."""
        if self._parsed is None:
            self._parsed = self._reader.parse(self.raw)
        return self._parsed

    def get(self, full_name: str) -> Any:
        """The value of a custom option, or None where it is not set or not in the request."""
        extension = self._reader.extension(full_name)
        if extension is None or extension.containing_type.full_name != self.raw.DESCRIPTOR.full_name:
            return None
        message = self.message
        if is_repeated(extension):
            values = list(message.Extensions[extension])
            return values or None
        return message.Extensions[extension] if message.HasExtension(extension) else None

    def __getitem__(self, full_name: str) -> Any:
        return self.get(full_name)

    def __contains__(self, full_name: str) -> bool:
        return self.get(full_name) is not None

    def __iter__(self) -> Iterator[str]:
        """Full names of the custom options that are set."""
        return (field.full_name for field, _ in self.message.ListFields() if field.is_extension)


class OptionReader:
    """Reads options through a private pool made of the request's files."""

    def __init__(self, files: Iterable[pb.FileDescriptorProto]) -> None:
        self.pool = descriptor_pool.DescriptorPool()
        for file in files:
            try:
                self.pool.Add(file)
            except TypeError as error:
                raise GenerationError(f"descriptor refused: {error}", Position(file.name)) from error

    def read(self, proto: Any) -> Options:
        """The options of any descriptor proto."""
        return Options(self, proto.options)

    def extension(self, full_name: str) -> Any:
        """Descriptor of an extension by full name, or None."""
        try:
            return self.pool.FindExtensionByName(full_name)
        except KeyError:
            return None

    def parse(self, raw: Message) -> Message:
        """Options parsed once more, with extensions as known fields."""
        try:
            descriptor = self.pool.FindMessageTypeByName(raw.DESCRIPTOR.full_name)
        except KeyError:
            # Nothing in the request imports descriptor.proto, so there is no extension to know of.
            return raw
        parsed = message_factory.GetMessageClass(descriptor)()
        parsed.ParseFromString(raw.SerializeToString())
        return parsed


def is_repeated(field: Any) -> bool:
    """Whether a protobuf field descriptor is repeated, under every version of protobuf that we admit."""
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    # Protobuf 5 has only the label, which later versions deprecate.
    return bool(field.label == field.LABEL_REPEATED)
