"""Runs in an environment that has betterproto: shop.proto by hand, exchanged with generated models, results as JSON."""

from __future__ import annotations

# ruff: noqa: UP037 (betterproto resolves quoted annotations too)
import importlib
import importlib.metadata
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Dict, List  # noqa: UP035 (betterproto resolves annotations by name)

import betterproto

sys.path.insert(0, sys.argv[1])
models = importlib.import_module("shop_out.betterproto.shop")


# As their generators write it: betterproto 2 compares messages itself.
VERSION = importlib.metadata.version("betterproto")
declared = dataclass(eq=VERSION == "1.2.5", repr=VERSION == "1.2.5")


class Colour(betterproto.Enum):
    COLOUR_UNSPECIFIED = 0
    RED = 1
    INFRARED = -1


@declared
class Size(betterproto.Message):
    width: int = betterproto.int32_field(1)


@declared
class Item(betterproto.Message):
    name: str = betterproto.string_field(1)
    price: int = betterproto.int64_field(2)
    sold: bool = betterproto.bool_field(3)
    size: "Size" = betterproto.message_field(4)
    tags: List[str] = betterproto.string_field(5)  # noqa: UP006
    stock: Dict[str, int] = betterproto.map_field(6, betterproto.TYPE_STRING, betterproto.TYPE_INT32)  # noqa: UP006
    colour: "Colour" = betterproto.enum_field(7)
    sizes: List["Size"] = betterproto.message_field(8)  # noqa: UP006
    ean: str = betterproto.string_field(9, group="code")
    plu: int = betterproto.int32_field(10, group="code")
    weight: float = betterproto.double_field(11)
    photo: bytes = betterproto.bytes_field(12)
    marks: List[int] = betterproto.int32_field(13)  # noqa: UP006


OurSize = models.Size


@declared
class Basket(betterproto.Message):
    """A betterproto message that holds messages of ours."""

    size: "OurSize" = betterproto.message_field(1)
    sizes: List["OurSize"] = betterproto.message_field(2)  # noqa: UP006


def ours() -> Any:
    """A message of the subset on which all agree."""
    return models.Item(
        name="Tea",
        price=-5,
        sold=True,
        size=models.Size(width=3),
        tags=["a", "b"],
        stock={"Bonn": 2},
        colour=models.Colour.RED,
        sizes=[models.Size(width=1)],
        code=models.Item.Plu(7),
        weight=0.5,
        photo=b"\x00\xff",
        marks=[1, -2],
    )


def theirs() -> Item:
    """The same message as betterproto has it."""
    return Item(
        name="Tea",
        price=-5,
        sold=True,
        size=Size(width=3),
        tags=["a", "b"],
        stock={"Bonn": 2},
        colour=Colour.RED,
        sizes=[Size(width=1)],
        plu=7,
        weight=0.5,
        photo=b"\x00\xff",
        marks=[1, -2],
    )


def outcome(check: Callable[[], Any]) -> Any:
    """What a check gives, or the name of its exception."""
    try:
        return check()
    except Exception as error:
        return type(error).__name__


def compat() -> dict[str, Any]:
    """The surface of betterproto on our messages, before and after registration."""
    message = ours()
    found = {
        "bytes": models.Item.FromString(bytes(message)) == message,
        "serialize": message.SerializeToString() == bytes(message),
        "parse": models.Item().parse(bytes(message)) == message,
        "dict": models.Item.from_dict(message.to_dict()) == message,
        "json": models.Item.from_json(message.to_json()) == message,
        "which": list(message.which_one_of("code")),
        "not registered": isinstance(message, betterproto.Message),
    }
    importlib.import_module("shop_out._runtime.betterproto_compat").register()
    importlib.import_module("shop_out._runtime.betterproto_compat").register()
    basket = Basket(size=OurSize(width=4), sizes=[OurSize(width=5)])
    back = Basket().parse(bytes(basket))
    found |= {
        "isinstance": isinstance(message, betterproto.Message),
        "issubclass": issubclass(models.Item, betterproto.Message),
        "which_one_of": list(betterproto.which_one_of(message, "code")),
        "which_one_of empty": list(betterproto.which_one_of(models.Item(), "code")),
        "serialized_on_wire": [betterproto.serialized_on_wire(m) for m in (models.Item(), message)],
        "embedded bytes": bytes(basket).hex(),
        "embedded class": type(back.size) is OurSize and type(back.sizes[0]) is OurSize,
        "embedded values": [back.size.width, back.sizes[0].width],
        "embedded dict": outcome(basket.to_dict),
        "embedded from dict": outcome(lambda: bytes(Basket().from_dict(basket.to_dict())).hex()),
        "unset is not written": bytes(Basket()).hex(),
        "dict still": models.Item.from_dict(message.to_dict()) == message,
        "casing": outcome(lambda: sorted(models.Item(price=1).to_dict(betterproto.Casing.SNAKE))),
    }
    return found


def divergences() -> dict[str, Any]:
    """What betterproto does where it departs from protobuf; compare with EXPECTED in the test."""
    negative = models.Item(colour=models.Colour.INFRARED).to_bytes()
    sizes = models.Item(sizes=[models.Size(), models.Size(width=1)]).to_bytes()
    return {
        "negative enum read": outcome(lambda: int(Item().parse(negative).colour)),
        "negative enum written": outcome(lambda: bytes(Item(colour=Colour.INFRARED)).hex()),
        "empty elements written": outcome(
            lambda: len(models.Item.from_bytes(bytes(Item(sizes=[Size(), Size(width=1)]))).sizes)
        ),
        "empty elements rewritten": outcome(lambda: len(models.Item.from_bytes(bytes(Item().parse(sizes))).sizes)),
        "empty strings of a list written": outcome(
            lambda: len(models.Item.from_bytes(bytes(Item(tags=["a", ""]))).tags)
        ),
        "merge of a message that comes twice": outcome(
            lambda: bytes(Item().parse(bytes.fromhex("2202080122021000"))).hex()
        ),
        "negative zero": outcome(lambda: bytes(Item(weight=-0.0)).hex()),
        "number out of range": outcome(lambda: bytes(Item(marks=[2**40])).hex()),
        "wrong type": outcome(lambda: bytes(Item(name=5)).hex()),  # type: ignore[arg-type]
        "truncated string": outcome(lambda: Item().parse(b"\x0a\x05ab").name),
        "truncated varint": outcome(lambda: Item().parse(b"\x10\x80").price),
        "field number 0": outcome(lambda: bytes(Item().parse(b"\x00\x01")).hex()),
        "unknown key of JSON": outcome(lambda: Item().from_dict({"nam": "x"}).name),
        "wrong type in JSON": outcome(lambda: Item().from_dict({"name": 5}).name),
        "null in JSON": outcome(lambda: Item().from_dict({"name": None}).name),
        "NaN as JSON": outcome(lambda: Item(weight=float("nan")).to_json()),
        "negative enum as JSON": outcome(lambda: Item(colour=Colour.INFRARED).to_dict()["colour"]),
        "unknown enum value as JSON": outcome(lambda: Item().parse(b"\x38\x09").to_dict()["colour"]),
        "both members of a oneof": outcome(lambda: bytes(Item(ean="x", plu=7)).hex()),
        "presence of an empty oneof member": outcome(lambda: bytes(Item(plu=0)).hex()),
    }


def reference() -> dict[str, Any]:
    """The same with our messages."""
    cls = models.Item
    sizes = [models.Size(), models.Size(width=1)]
    negative = cls(colour=models.Colour.INFRARED).to_bytes()
    return {
        "negative enum read": int(cls.from_bytes(negative).colour),
        "empty elements written": len(cls.from_bytes(cls(sizes=sizes).to_bytes()).sizes),
        "empty elements rewritten": len(cls.from_bytes(cls.from_bytes(cls(sizes=sizes).to_bytes()).to_bytes()).sizes),
        "empty strings of a list written": len(cls.from_bytes(cls(tags=["a", ""]).to_bytes()).tags),
        "merge of a message that comes twice": cls.from_bytes(bytes.fromhex("2202080122021000")).to_bytes().hex(),
        "negative zero": cls(weight=-0.0).to_bytes().hex(),
        "number out of range": outcome(lambda: cls(marks=[2**40]).to_bytes().hex()),
        "truncated string": outcome(lambda: cls.from_bytes(b"\x0a\x05ab").name),
        "truncated varint": outcome(lambda: cls.from_bytes(b"\x10\x80").price),
        "field number 0": outcome(lambda: cls.from_bytes(b"\x00\x01").to_bytes().hex()),
        "unknown key of JSON": outcome(lambda: cls.from_dict({"nam": "x"}).name),
        "wrong type in JSON": outcome(lambda: cls.from_dict({"name": 5}).name),
        "NaN as JSON": cls(weight=float("nan")).to_json(),
        "unknown enum value as JSON": cls.from_bytes(b"\x38\x09").to_dict()["colour"],
        "both members of a oneof": cls.from_bytes(b"\x4a\x01x\x50\x07").to_bytes().hex(),
    }


def main() -> None:
    """Print all results."""
    print(
        json.dumps(
            {
                "version": VERSION,
                "ours to theirs": Item().parse(ours().to_bytes()) == theirs(),
                "theirs to ours": models.Item.from_bytes(bytes(theirs())) == ours(),
                "JSON of ours to theirs": outcome(lambda: Item().from_json(ours().to_json()) == theirs()),
                "JSON of theirs to ours": outcome(lambda: models.Item.from_json(theirs().to_json()) == ours()),
                "divergences": divergences(),
                "reference": reference(),
                "compat": compat(),
            }
        )
    )


if __name__ == "__main__":
    main()
