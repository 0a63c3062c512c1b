"""The program: what starts as a plugin, what as a command, and how errors and exit statuses come out."""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.compiler import plugin_pb2
from support import backup_request

from protoc_gen_pds import cli
from protoc_gen_pds.cli.job import Progress
from protoc_gen_pds.render import Renderer, _bytecode_cache

PROGRAM = [sys.executable, "-m", "protoc_gen_pds"]


def run_program(*arguments: str, data: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, *arguments], input=data, capture_output=True, check=False, env={**os.environ, **environment}
    )


class TestPlugin:
    def test_answers_a_request_on_stdin(self) -> None:
        done = run_program(data=backup_request("package=acme").SerializeToString())
        response = plugin_pb2.CodeGeneratorResponse.FromString(done.stdout)
        assert (done.returncode, done.stderr, response.error) == (0, b"", "")
        assert "acme/py.typed" in {file.name for file in response.file}

    @pytest.mark.parametrize("data", [b"", b"not a request", b"\x0a\xff"])
    def test_refuses_what_is_no_request(self, data: bytes) -> None:
        done = run_program(data=data)
        assert done.returncode == 1
        assert done.stdout == b""
        assert done.stderr.decode().startswith("protoc-gen-pds: stdin is not a CodeGeneratorRequest")
        assert done.stderr.count(b"\n") == 1

    def test_reports_bad_options_inside_the_response(self) -> None:
        done = run_program(data=backup_request("pakage=acme").SerializeToString())
        response = plugin_pb2.CodeGeneratorResponse.FromString(done.stdout)
        assert done.returncode == 0
        assert response.error == 'unknown option "pakage"; did you mean "package"?'
        assert not response.file

    def test_dumps_the_request_to_a_file(self, tmp_path: Path) -> None:
        data = backup_request().SerializeToString()
        run_program(data=data, PROTOC_GEN_PDS_DUMP=str(tmp_path / "request.binpb"))
        assert (tmp_path / "request.binpb").read_bytes() == data

    def test_dumps_each_request_of_parallel_runs_into_a_directory(self, tmp_path: Path) -> None:
        data = backup_request().SerializeToString()
        for _ in range(2):
            run_program(data=data, PROTOC_GEN_PDS_DUMP=str(tmp_path))
        assert [path.read_bytes() for path in tmp_path.glob("*.binpb")] == [data, data]

    def test_says_where_a_dump_cannot_be_written(self, tmp_path: Path) -> None:
        path = str(tmp_path / "missing" / "request.binpb")
        done = run_program(data=backup_request().SerializeToString(), PROTOC_GEN_PDS_DUMP=path)
        assert done.returncode == 1
        assert done.stderr.decode() == f"protoc-gen-pds: PROTOC_GEN_PDS_DUMP: {path}: No such file or directory\n"

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="NOT TESTED: there is no /dev/full here")
    @pytest.mark.parametrize("arguments", [[], ["--version"], ["templates", "list"]])
    def test_output_that_cannot_be_written_is_one_line(self, arguments: list[str]) -> None:
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [*PROGRAM, *arguments],
                input=backup_request("emit=docs").SerializeToString(),
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert done.returncode == (2 if arguments else 1)
        assert re.fullmatch(rb"protoc-gen-pds: [^\n]*No space left on device\n", done.stderr), done.stderr

    @pytest.mark.parametrize("arguments", [[], ["generate", "--replay", "/dev/stdin", "--out", "nowhere"]])
    def test_an_interrupt_is_one_line(self, arguments: list[str]) -> None:
        with subprocess.Popen(
            [*PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            # More than a pipe holds: once it is written, the program has come to read it.
            process.stdin.write(b"\0" * 500_000)
            process.stdin.flush()
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=60)
        assert (process.returncode, error) == (130, b"protoc-gen-pds: interrupted\n")


class TestCommands:
    def test_a_terminal_without_arguments_gets_the_help(self) -> None:
        leader, follower = pty.openpty()
        try:
            done = subprocess.run(PROGRAM, stdin=follower, capture_output=True, check=False, timeout=60)
        finally:
            os.close(leader)
            os.close(follower)
        assert done.returncode == 0
        assert done.stdout.startswith(b"usage: protoc-gen-pds")

    def test_help_names_every_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as exit_info:
            cli.main(["--help"])
        assert exit_info.value.code == 0
        text = capsys.readouterr().out
        assert all(command.name in text and command.summary in " ".join(text.split()) for command in cli.COMMANDS)

    @pytest.mark.parametrize("name", [command.name for command in cli.COMMANDS])
    def test_every_command_has_help(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as exit_info:
            cli.main([name, "--help"])
        assert exit_info.value.code == 0
        assert capsys.readouterr().out.startswith(f"usage: protoc-gen-pds {name}")

    def test_version(self) -> None:
        import importlib.metadata

        done = run_program("--version")
        assert done.stdout.decode() == f"protoc-gen-pds {importlib.metadata.version('protoc-gen-pds')}\n"

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (["unknown"], "there is no command unknown; commands: generate, check, init, explain, templates"),
            (["genrate", "proto"], "there is no command genrate; did you mean generate?"),
            (["explain"], "the following arguments are required: FILE, MESSAGE; protoc-gen-pds explain --help lists"),
            (["init"], "the following arguments are required: WHAT; protoc-gen-pds init --help lists"),
            (
                ["init", "service"],
                "the following arguments are required: --to; protoc-gen-pds init service --help lists",
            ),
            (["generate", "--docs"], "argument --docs: expected one argument; protoc-gen-pds generate --help lists"),
        ],
    )
    def test_a_wrong_command_line_is_one_line_and_status_2(
        self, arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as exit_info:
            cli.main(arguments)
        assert exit_info.value.code == 2
        error = capsys.readouterr().err
        assert error.startswith(f"protoc-gen-pds: {expected}")
        assert error.count("\n") == 1

    @pytest.mark.parametrize(
        ("arguments", "advice"),
        [
            (["--unknown"], "protoc-gen-pds --help"),
            (["check", "--unknown"], "protoc-gen-pds check --help"),
            (["explain", "a.proto", "A", "--unknown"], "protoc-gen-pds explain --help"),
        ],
    )
    def test_an_unknown_argument_is_one_line_that_names_the_commands_help(
        self, arguments: list[str], advice: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(arguments) == 2
        expected = f"protoc-gen-pds: unknown argument --unknown; {advice} lists what there is\n"
        assert capsys.readouterr().err == expected

    @pytest.mark.parametrize(
        ("arguments", "meant"),
        [
            (["--verson"], "--version"),
            (["generate", "--strip-prefx", "a"], "--strip-prefix"),
            (["check", "--pakage=acme"], "--package"),
            (["init", "service", "--to", "p", "--servr", "sync"], "--server"),
        ],
    )
    def test_an_unknown_argument_suggests_the_nearest(
        self, arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(arguments) == 2
        assert capsys.readouterr().err.endswith(f"; did you mean {meant}?\n")

    def test_a_reader_that_goes_away_is_no_traceback(self) -> None:
        process = subprocess.Popen(
            [*PROGRAM, "templates", "list"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        process.wait(60)


class TestProgress:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        now = [0.0]
        monkeypatch.setattr("time.monotonic", lambda: now[0])
        return now

    def test_shows_what_takes_long_and_leaves_a_clean_line(
        self, monkeypatch: pytest.MonkeyPatch, clock: list[float]
    ) -> None:
        terminal = self.Terminal()
        monkeypatch.setattr("sys.stderr", terminal)
        with Progress() as progress:
            for clock[0], text in ((0.2, "too early"), (1.0, "first"), (1.1, "too soon"), (2.0, "second")):
                progress(text)
        assert terminal.getvalue() == "\r\x1b[Kfirst\r\x1b[Ksecond\r\x1b[K"

    def test_is_silent_where_nobody_watches(self, monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
        stream = io.StringIO()
        monkeypatch.setattr("sys.stderr", stream)
        with Progress() as progress:
            clock[0] = 5.0
            progress("unseen")
        assert stream.getvalue() == ""


class TestTemplates:
    def test_list_names_what_copy_copies(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["templates", "list"]) == 0
        names = capsys.readouterr().out.split()
        assert "docs/exact.md.j2" in names
        assert cli.main(["templates", "copy", "--to", str(tmp_path)]) == 0
        assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.j2")) == names

    def test_a_copy_overrides_ours(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        cli.main(["templates", "copy", "docs/exact.md.j2", "--to", str(tmp_path / "mine")])
        template = tmp_path / "mine" / "docs" / "exact.md.j2"
        template.write_text(template.read_text() + "added by us\n")
        proto = tmp_path / "a.proto"
        proto.write_text('syntax = "proto3";\nmessage M {}\n')
        out = tmp_path / "out"
        arguments = ["-I", str(tmp_path), "--out", str(out), "--templates", str(tmp_path / "mine"), str(proto)]
        assert cli.main(["generate", *arguments]) == 0
        assert (out / "a.pb.md").read_text().endswith("added by us\n")

    def test_a_copy_in_the_wrong_place_is_not_passed_over(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        cli.main(["templates", "copy", "docs/exact.md.j2", "--to", "mine"])
        Path("a.proto").write_text('syntax = "proto3";\nmessage M {}\n')
        capsys.readouterr()
        assert cli.main(["generate", "--out", "out", "--templates", "mine/docs", "a.proto"]) == 2
        assert capsys.readouterr().err == (
            'protoc-gen-pds: mine/docs: option templates: "exact.md.j2" is not the name of a template;'
            " protoc-gen-pds templates list prints the names\n"
        )

    def test_a_checkout_of_somebody_else_needs_no_cache(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        assert _bytecode_cache() is None
        assert Renderer().render("docs/exact.md.j2", {"files": ()})

    def test_copy_keeps_what_is_there(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        mine = tmp_path / "docs" / "exact.md.j2"
        mine.parent.mkdir()
        mine.write_text("mine")
        assert cli.main(["templates", "copy", "--to", str(tmp_path)]) == 2
        assert mine.read_text() == "mine"
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
        assert "already there" in capsys.readouterr().err
        assert cli.main(["templates", "copy", "--force", "--to", str(tmp_path)]) == 0
        assert mine.read_text() != "mine"

    def test_copy_of_an_unknown_name_suggests_one(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["templates", "copy", "docs/exakt.md.j2", "--to", str(tmp_path)]) == 2
        assert capsys.readouterr().err == (
            'protoc-gen-pds: there is no template "docs/exakt.md.j2"; did you mean "docs/exact.md.j2"?\n'
        )
