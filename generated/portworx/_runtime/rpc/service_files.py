"""The files of the services that every server has, serialized: health, and reflection in both versions."""

from __future__ import annotations

from .well_known_files import unpack

_COMPRESSED = (
    b"eNrVVd9v0lAUtmMwd9gGuziomOnWqUNdOkATdb7oJjqcdgtsLvGlKewCzUqLbVnkySdj9NW/whef"
    b"ffJPMPEPMvH2tkCBlh+JWbKnreee851zvvvdD/gdhGtVvVHerGFJMWubZxnnP76ha6aGFqxD3gmd"
    b"ZbhbgHbpx04Nl08L+H0TGyaKwIyB9TO5jFlmhUnNct8ZiPXkGQ1NNTB6BiHDlMymQfMWshm+F5/3"
    b"KOKLFrRaLdJCbh/mewIoDDNHwp6wfyxEL1kfxVzhbV54GWXIWGFh/1BsB6ZQDCL0YycntksCXAwW"
    b"7a6vZcN0NuJ+MO1F7agz/zZctufH1gaBVDib9t7AXcUXnZKcauqt5CFZwB0gMwdOcctmDmUheCYp"
    b"TcxOkc9wdm0MgramHjHZvwyE7DN0AEF6jrihxXTR5DgN0BuYthZCq8OWtfG40XygAgSPJbNc+28D"
    b"pplSiOr1PnwGWKOC1nFFwWVT1lRL1N0vR9iIorrCRNyfpiBhaQvrhU68LfE5mK5phuncUhKiFVnB"
    b"YqklWn9VqY7ZgHWyewmtQJyelTXVlGSVCFU0WvWSprDTTkYervZn4A8mVg3Sjw3Se7/JD87H59pJ"
    b"zlAEah2WJUXplotqs17CuiFqFdFsNTAbcnomYF4hdyA679RgZ+yD7UWI1LFhSFUs6o74cxDtb0Xq"
    b"I65xKbRNBQvR/u5Uu0HuZwDYQTodDSAAonP5RHSxSvpqulyVVUlpz+I8g3tedPhdlQAspfcEG2Vd"
    b"bpiaTtDstvQKwtm7XnAvSM3zTkl7UELdEVz35riDGvQfskOkQItcsHmI99xIFy5E4da94Kx3VLQL"
    b"XFBPYAHrunvPGQqx6jmRldkt3kYQ7QrAjnIPIe5NB1qGpX5y6YOidjjH7UHCZ2MUh4WSZGCqHZG+"
    b"mGECChAB7UHMY1/0wP1rE+ia5KA6XFXcDeL9fUDkTXfn4LZgvocaS6I2q2XtxE4KoiWYt2MOZVSf"
    b"s9kvDET75YiacKU/llcrGppEzMmN8ZLtkVOMywl/AaQGnVBSGjVp0A4Tg11oJvf1nDxRGO2Jd3if"
    b"IS+aMf6Z1Bhf+Rpj2pcTv0srjnTHTV9MX4t8N6ZFpkdf4YBPCiN8csMX09ssn/qY5W3/2S6MYx54"
    b"O+bjfsdMDZXNudnmNy/b/OhjmxNLPZmZoGLQQP8BPQxPog=="
)
"""A zlib-compressed FileDescriptorSet, as in ``well_known_files``."""


def files() -> tuple[bytes, ...]:
    """Serialized FileDescriptorProtos of grpc.health and grpc.reflection."""
    return unpack(_COMPRESSED)
