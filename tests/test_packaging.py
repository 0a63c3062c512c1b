"""The wheel and the sdist: what they carry, and that an installed one works without the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from support import BACKUP, PROTO_DIR, ROOT, include_dirs, run_plugin

from protoc_gen_pds.render import template_names

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def build(kind: str, source: Path, target: Path) -> Path:
    """Run the build backend as pip would, without the network."""
    call = f"import hatchling.build, sys; print(hatchling.build.build_{kind}(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", call, str(target)], cwd=source, stdout=subprocess.PIPE, text=True, check=True
    )
    return target / done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, so that this carries all that a build needs."""
    directory = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    (source,) = directory.iterdir()
    return build("wheel", source, directory)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin directory of an environment with the wheel; its dependencies are those of this Python."""
    directory = tmp_path_factory.mktemp("venv")
    venv.create(directory, with_pip=False)
    python = directory / "bin/python"
    (site,) = directory.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # What this environment has, but not the editable install of the generator itself.
    dependencies = [path for path in sys.path if path.endswith("site-packages")]
    hidden = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in type(f).__name__.lower()]"
    (site / "dependencies.pth").write_text("\n".join(dependencies) + f"\n{hidden}\n")
    program = directory / "bin/protoc-gen-pds"
    program.write_text(f"#!{python}\nimport sys\nfrom protoc_gen_pds.__main__ import main\nsys.exit(main())\n")
    program.chmod(0o755)
    return directory / "bin"


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PROTOC_GEN_PDS"))}


def test_the_wheel_carries_the_package_and_the_templates_twice(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    package = {name for name in names if name.startswith("protoc_gen_pds/")}
    on_disk = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "protoc_gen_pds").rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".so") and not _is_hidden(path.relative_to(ROOT))
    }
    assert on_disk - package == set()
    extra = package - on_disk
    templates = template_names()
    assert {name for name in extra if "/sources/" in name} == {
        f"protoc_gen_pds/_templates/sources/{name}" for name in templates
    }
    compiled = [name for name in extra if re.fullmatch(r"protoc_gen_pds/_templates/compiled/tmpl_\w+\.py", name)]
    assert len(compiled) == len(templates)
    assert len(extra) == 2 * len(templates)
    top = {name.partition("/")[0] for name in names}
    assert top == {"protoc_gen_pds", f"protoc_gen_pds-{PROJECT['version']}.dist-info"}


def test_builds_are_reproducible(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    assert build("wheel", ROOT, tmp_path).read_bytes() == wheel.read_bytes()


def test_the_metadata_names_the_licence_and_the_program(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = f"protoc_gen_pds-{PROJECT['version']}.dist-info"
        metadata = archive.read(f"{info}/METADATA").decode()
        assert b"protoc-gen-pds = protoc_gen_pds.__main__:main" in archive.read(f"{info}/entry_points.txt")
        assert archive.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata


def test_an_installed_wheel_works_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(PROTO_DIR, tmp_path / "proto")
    subprocess.run(
        [installed / "protoc-gen-pds", "generate", "-I", "proto", "--out", "out", BACKUP],
        cwd=tmp_path,
        env=clean_environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    written = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_text()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert written == run_plugin([BACKUP], "", PROTO_DIR)


def test_an_installed_wheel_uses_its_own_compiled_templates(installed: Path, tmp_path: Path) -> None:
    code = (
        "import jinja2, protoc_gen_pds.render as r\n"
        "def refuse(*a, **k): raise AssertionError('a template was compiled at run time')\n"
        "jinja2.Environment.compile = refuse\n"
        "environment = r.Renderer()._environment\n"
        "names = [p.relative_to(r.source_directory()).as_posix() for p in r.source_directory().rglob('*.j2')]\n"
        "[environment.get_template(name) for name in names]\n"
        "print(len(names), r.source_directory())\n"
    )
    done = subprocess.run(
        [installed / "python", "-c", code],
        cwd=tmp_path,
        env=clean_environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    count, directory = done.stdout.split()
    assert int(count) == len(template_names())
    assert Path(directory).is_relative_to(installed.parent)


def test_protoc_runs_the_installed_program(installed: Path, tmp_path: Path) -> None:
    protoc = Path(sys.executable).with_name("protoc")
    command = [
        str(protoc),
        f"--plugin=protoc-gen-pds={installed / 'protoc-gen-pds'}",
        *(f"-I{path}" for path in (PROTO_DIR, *include_dirs())),
        f"--pds_out={tmp_path}",
        BACKUP,
    ]
    subprocess.run(command, cwd=tmp_path, env=clean_environment(), check=True)
    models = "pds_api/public/portworx/pds/backup/apiv1/backup/models.py"
    assert (tmp_path / models).read_text() == run_plugin([BACKUP], "", PROTO_DIR)[models]


def test_dependencies_have_floors_only() -> None:
    """A ceiling would hold back other packages of the environment that the generator is installed into."""
    assert [text for text in PROJECT["dependencies"] if not re.fullmatch(r"[\w-]+>=[\d.]+", text)] == []


def test_the_version_is_in_the_changelog() -> None:
    assert f"\n## {PROJECT['version']} " in (ROOT / "CHANGELOG.md").read_text()
