"""Comments as safe Markdown: as a block of its own, or as one line of a table.

What an author wrote as Markdown stays Markdown; what would break the document around it (raw HTML, headings,
an open code fence, a pipe in a table) is escaped. Everything here is linear in the length of the comment.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from protoc_gen_pds.schema import Comments

_LINT_LINE = re.compile(r"\s*(?:buf:lint:ignore|protolint:(?:disable|enable))\b.*")
_HTML = re.compile(r"<(?!(?:https?://|mailto:)[^\s<>]*>)(?=[A-Za-z/!?])")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)\s*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_ITEM = re.compile(r"\s*(?:([-*+])|(\d{1,9}[.)]))\s+(?=\S)")
_PIPE = re.compile(r"(\\*)\|")
_TICKS = re.compile(r"`+")
_OUTER_UNDERSCORES = re.compile(r"^_+|(?<=[^_])_+$")


class _Block(NamedTuple):
    """Lines of a comment that belong together: a fenced code block or a paragraph."""

    lines: tuple[str, ...]
    fenced: bool = False


def prose(comments: Comments) -> str:
    """Leading and trailing comment as plain Markdown text, without markers, notes to linters and `@exclude` text."""
    parts = [_clean(comments.leading), _clean(comments.trailing)]
    text = "\n\n".join(part for part in parts if part)
    return "" if text.startswith("@exclude") else text


def is_licence(text: str) -> bool:
    """Whether a file's comment is its licence rather than a description of it."""
    return text.startswith(("Copyright", "SPDX-", "Licensed under", "(c) ", "(C) ", "©"))


def block(text: str) -> str:
    """A text as blocks of a document: it cannot end a section, open HTML or leave a code fence open."""
    parts: list[str] = []
    for part in _blocks(text):
        if part.fenced:
            fence = "`" * max(3, _longest_run(part.lines) + 1)
            parts.append("\n".join((f"{fence}{part.lines[0]}", *part.lines[1:], fence)))
        else:
            lines = _escape_html("\n".join(part.lines)).split("\n")
            parts.append("\n".join(_escape_heading(line, first=not i) for i, line in enumerate(lines)))
    return "\n\n".join(parts)


def cell(text: str) -> str:
    """A text as one line for a table: paragraphs, list items and lines of code are divided by ``<br>``."""
    parts: list[str] = []
    for part in _blocks(text):
        if part.fenced:
            parts.append("<br>".join(code(line) for line in part.lines[1:] if line.strip()))
        else:
            parts.append("<br>".join(_cell_lines(part.lines)))
    return escape_pipes("<br><br>".join(part for part in parts if part))


def code(text: str) -> str:
    """A code span of one line that shows the text, whatever back-ticks are in it."""
    text = " ".join(text.splitlines())
    if not text.strip():
        return ""
    ticks = "`" * (_longest_run((text,)) + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def name(text: str) -> str:
    """A protobuf name as text: underscores at its ends would be read as emphasis."""
    return _OUTER_UNDERSCORES.sub(lambda found: r"\_" * len(found[0]), text)


def escape_pipes(text: str) -> str:
    """Escape pipes for a table, in code spans too (GFM, section 4.10); those that are escaped already stay."""
    return _PIPE.sub(lambda found: found[0] if len(found[1]) % 2 else f"{found[1]}\\|", text)


def _clean(comment: str) -> str:
    text = _without_notes(comment.replace("\r\n", "\n").replace("\r", "\n"))
    lines = [line.rstrip() for line in text.split("\n")]
    filled = [line for line in lines if line]
    if filled and all(line.startswith("/") for line in filled):
        lines = [line.lstrip("/") for line in lines]  # the third slash of ///
    if lines[0].startswith("*"):
        lines[0] = lines[0].lstrip("*")  # the second star of /**
    lines = ["" if line.strip("* ") == "" and "*" in line else line for line in lines if not _LINT_LINE.fullmatch(line)]
    margin = all(line.startswith(" ") for line in lines[1:] if line)  # the space after // or *
    if lines:
        lines = [lines[0].strip(), *(line[margin:] for line in lines[1:])]
    return "\n".join(lines).strip("\n ")


def _without_notes(text: str) -> str:
    """Take out AIP-192's internal comments, ``(-- to linters and maintainers --)``."""
    kept: list[str] = []
    position = 0
    while (start := text.find("(--", position)) >= 0 and (end := text.find("--)", start)) >= 0:
        kept.append(text[position:start].rstrip(" "))
        position = end + 3
    kept.append(text[position:])
    return "".join(kept)


def _blocks(text: str) -> Iterator[_Block]:
    """Divide a text at blank lines and code fences; a fence's first line is its info string."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                yield _Block(tuple(lines), fenced=True)
                lines, fence = [], ""
            else:
                lines.append(line)
        elif found and "`" not in found[2]:
            if lines:
                yield _Block(tuple(lines))
            fence = found[1]
            lines = [re.sub(r"[^\w+#.-].*", "", found[2].strip())]
        elif line.strip():
            lines.append(line)
        elif lines:
            yield _Block(tuple(lines))
            lines = []
    if lines:
        yield _Block(tuple(lines), fenced=bool(fence))


def _escape_heading(line: str, *, first: bool) -> str:
    if _HEADING.match(line) or (not first and _UNDERLINE.match(line)):
        indent = len(line) - len(line.lstrip(" "))
        return f"{line[:indent]}\\{line[indent:]}"
    return line


def _escape_html(text: str) -> str:
    """Escape what starts a tag or an HTML comment, except in code spans."""
    parts: list[str] = []
    position = 0
    for start, end in _code_spans(text):
        parts.append(_HTML.sub("&lt;", text[position:start]))
        parts.append(text[start:end])
        position = end
    parts.append(_HTML.sub("&lt;", text[position:]))
    return "".join(parts)


def _code_spans(text: str) -> Iterator[tuple[int, int]]:
    """Code spans: from a run of back-ticks to the next run of the same length."""
    runs = [found.span() for found in _TICKS.finditer(text)]
    by_length: dict[int, list[int]] = {}
    for start, end in runs:
        by_length.setdefault(end - start, []).append(start)
    position = 0
    for start, end in runs:
        if start < position:
            continue
        peers = by_length[end - start]
        following = bisect_right(peers, start)
        if following < len(peers):
            position = peers[following] + end - start
            yield start, position


def _cell_lines(lines: tuple[str, ...]) -> Iterator[str]:
    """Lines of a paragraph: list items and rows of the author's own tables each start a new one."""
    current: list[str] = []
    for line in _escape_html("\n".join(lines)).split("\n"):
        item = _ITEM.match(line)
        if (item or line.lstrip().startswith("|")) and current:
            yield " ".join(current)
            current = []
        bullet = f"{item[2] or '•'} " if item else ""
        current.append(bullet + " ".join(line[item.end() if item else 0 :].split()))
    yield " ".join(current)


def _longest_run(lines: tuple[str, ...]) -> int:
    return max((len(found) for line in lines for found in _TICKS.findall(line)), default=0)
