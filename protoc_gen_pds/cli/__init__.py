"""The commands for people: one module each, found through the table here."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, cast

from protoc_gen_pds.compiler import CompileError
from protoc_gen_pds.errors import GenerationError, did_you_mean
from protoc_gen_pds.plugin import abandon_stdout

PROGRAM = "protoc-gen-pds"

_DESCRIPTION = """\
Typed dataclasses, validators, gRPC servers and clients, and documents from .proto files.
Without arguments it is a plugin: protoc and buf start it so, and send it a request."""

_EPILOG = """\
protoc:  protoc -I proto --pds_out=generated --pds_opt=package=acme proto/acme/v1/shop.proto
buf:     a plugin entry in buf.gen.yaml:  - local: protoc-gen-pds
by hand: protoc-gen-pds generate -I proto --out generated --package acme proto"""


class CommandModule(Protocol):
    """What a module of this package offers."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; the exit status. GenerationError, CompileError and OSError end as one line and status 2."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand; its module is imported when it is asked for."""

    name: str
    summary: str

    def load(self) -> CommandModule:
        """Import the module of the same name in this package."""
        return cast(CommandModule, importlib.import_module(f"{__name__}.{self.name}"))


COMMANDS = (
    Command("generate", "generate from .proto files, without protoc or buf"),
    Command("check", "tell whether generated files are current; writes nothing"),
    Command("init", "write, once, a small project around the generated services"),
    Command("explain", "print the validation rules of a message in words"),
    Command("templates", "list the templates, or copy them to override them"),
)


def main(argv: Sequence[str]) -> int:
    """Run a command line; the exit status: 0 done, 1 a finding of ``check``, 2 an error."""
    parser, chosen = _parser(argv)
    arguments, unknown = parser.parse_known_args(argv, argparse.Namespace(argv=list(argv)))
    if unknown:
        asked = f"{PROGRAM} {chosen.name}" if chosen else PROGRAM
        flag, otherwise = unknown[0].partition("=")[0], f"{asked} --help lists what there is"
        hint = did_you_mean(flag, _flags(parser), otherwise, cutoff=0.7, quote="")
        print(f"{PROGRAM}: unknown argument {unknown[0]}; {hint}", file=sys.stderr)
        return 2
    try:
        status = 0
        if arguments.version:
            print(PROGRAM, importlib.metadata.version(PROGRAM))
        elif chosen is None:
            parser.print_help()
        else:
            status = chosen.load().run(arguments)
        sys.stdout.flush()
        return status
    except CompileError as error:
        # The compiler's own lines, with file, line and column.
        sys.stderr.write(str(error))
    except GenerationError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
    except BrokenPipeError:
        # A reader such as `head` went away.
        abandon_stdout()
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"{PROGRAM}: {place}{error.strerror or error}", file=sys.stderr)
        if not error.filename:
            abandon_stdout()
    return 2


class _Parser(argparse.ArgumentParser):
    """One that says what is wrong in one line, without the usage of all arguments above it."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"{PROGRAM}: {message}; {self.prog} --help lists what there is\n")


def _flags(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What a command line may have behind the commands that it names."""
    for action in parser._actions:
        yield from action.option_strings
        for subparser in action.choices.values() if isinstance(action, argparse._SubParsersAction) else ():
            yield from _flags(subparser)


def _parser(argv: Sequence[str]) -> tuple[argparse.ArgumentParser, Command | None]:
    """The parser, with the arguments of the chosen command only: the others are not imported."""
    parser = _Parser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    name = next((argument for argument in argv if not argument.startswith("-")), None)
    chosen = None
    for command in COMMANDS:
        subparser = subparsers.add_parser(command.name, help=command.summary, description=command.summary.capitalize())
        if command.name == name:
            chosen = command
            command.load().configure(subparser)
    if name is not None and chosen is None:
        known = [command.name for command in COMMANDS]
        hint = did_you_mean(name, known, f"commands: {', '.join(known)}", cutoff=0.7, quote="")
        parser.exit(2, f"{PROGRAM}: there is no command {name}; {hint}\n")
    return parser, chosen
