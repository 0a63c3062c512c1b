"""field_behavior=enforce: REQUIRED is checked, OUTPUT_ONLY can be cleared, and without the option neither is."""

from __future__ import annotations

from typing import Any

import support

PROTO = """
syntax = "proto3";
package books;
import "google/api/field_behavior.proto";
import "google/api/field_info.proto";
import "google/protobuf/timestamp.proto";
message Book {
  string name = 1 [(google.api.field_behavior) = REQUIRED];
  repeated string authors = 2 [(google.api.field_behavior) = REQUIRED];
  Shelf shelf = 3 [(google.api.field_behavior) = REQUIRED];
  string uid = 4 [(google.api.field_behavior) = OUTPUT_ONLY, (google.api.field_info).format = UUID4];
  google.protobuf.Timestamp create_time = 5 [(google.api.field_behavior) = OUTPUT_ONLY];
  repeated Book sequels = 6;
  map<string, Shelf> shelves = 7;
  oneof cover { string image = 8 [(google.api.field_behavior) = OUTPUT_ONLY]; Shelf drawn = 9; }
}
message Shelf { int32 number = 1 [(google.api.field_behavior) = OUTPUT_ONLY]; string theme = 2; }
"""


def test_required_fields_are_set_and_not_empty(import_tree: Any) -> None:
    files = support.run_plugin({"books.proto": PROTO}, "emit=validators,package=strict,field_behavior=enforce")
    books = import_tree(files, "strict.books")
    from strict._runtime.wkt import FieldMask

    found = books.violations(books.Book())
    assert [(v.field, v.rule_id, v.rule) for v in found] == [
        ("name", "field_behavior.required", ""),
        ("authors", "field_behavior.required", ""),
        ("shelf", "field_behavior.required", ""),
    ]
    assert books.violations(books.Book(name="x", authors=["y"], shelf=books.Shelf(), uid="dep:1")) == []
    # An update names what it changes; the rest may be missing.
    assert books.violations(books.Book(), only=FieldMask(paths=["uid"])) == []
    assert [v.field for v in books.violations(books.Book(), only=FieldMask(paths=["name"]))] == ["name"]


def test_output_only_fields_are_cleared_at_any_depth(import_tree: Any) -> None:
    files = support.run_plugin({"books.proto": PROTO}, "emit=validators,package=cleared,field_behavior=enforce")
    books = import_tree(files, "cleared.books")
    from cleared._runtime.validation import clear_output_only
    from cleared._runtime.wkt import Timestamp

    shelf = books.Shelf(number=1, theme="t")
    book = books.Book(
        name="x",
        uid="u",
        create_time=Timestamp(seconds=1),
        shelf=shelf,
        sequels=[books.Book(name="y", uid="v", cover=books.Book.Drawn(shelf.copy()))],
        shelves={"a": shelf.copy()},
        cover=books.Book.Image("i"),
    )
    clear_output_only(book)
    kept = books.Shelf(theme="t")
    assert book == books.Book(
        name="x",
        shelf=kept,
        sequels=[books.Book(name="y", cover=books.Book.Drawn(kept))],
        shelves={"a": kept},
    )


NESTED = """
syntax = "proto3";
package nested;
import "google/api/field_behavior.proto";
message Update { Book book = 1 [(google.api.field_behavior) = REQUIRED]; }
message Book {
  string title = 1 [(google.api.field_behavior) = REQUIRED];
  Shelf shelf = 2;
  repeated Shelf copies = 3;
  map<string, Shelf> by_name = 4;
  oneof cover {
    Shelf drawn = 5;
    string image = 6;
  }
  string isbn = 7 [(google.api.field_behavior) = IMMUTABLE];
}
message Shelf { string room = 1 [(google.api.field_behavior) = REQUIRED]; }
"""


def test_required_at_any_depth_and_in_an_update_only_what_the_mask_names(import_tree: Any) -> None:
    files = support.run_plugin({"nested.proto": NESTED}, "emit=validators,package=deep,field_behavior=enforce")
    nested = import_tree(files, "deep.nested")
    from deep._runtime.wkt import FieldMask

    shelf = nested.Shelf()
    book = nested.Book(shelf=shelf, copies=[shelf], by_name={"a": shelf}, cover=nested.Book.Drawn(shelf))

    def fields(message: Any, *paths: str) -> list[str]:
        only = FieldMask(paths=list(paths)) if paths else None
        return [v.field for v in nested.violations(message, only=only)]

    everything = ["title", "shelf.room", "copies[0].room", 'by_name["a"].room', "drawn.room"]
    assert fields(book) == everything
    assert fields(nested.Update()) == ["book"]
    assert fields(nested.Update(book=book)) == [f"book.{path}" for path in everything]
    # The mask of an update names fields below the resource.
    assert fields(book, "title") == ["title"]
    assert fields(book, "shelf") == ["shelf.room"]
    assert fields(book, "shelf.room", "drawn") == ["shelf.room", "drawn.room"]
    assert fields(book, "copies", "by_name") == ["copies[0].room", 'by_name["a"].room']
    assert fields(book, "isbn", "image") == []
    # A mask that names a part of what is not set asks nothing of the rest.
    assert fields(nested.Book(), "shelf.room") == []
    assert fields(nested.Update(), "book.title") == []


def test_without_the_option_annotations_are_comments(import_tree: Any) -> None:
    files = support.run_plugin({"books.proto": PROTO}, "emit=validators,package=lenient")
    books = import_tree(files, "lenient.books")
    assert books.violations(books.Book()) == []
