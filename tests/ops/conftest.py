"""A checkout with the real launcher around a tiny project, and the wheels it needs, without network."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

STAND_IN_FOR_UV = r"""
import os, pathlib, sys, time

def main():
    root = pathlib.Path(sys.argv[sys.argv.index("--project") + 1])
    with (root / "uv-calls").open("a") as calls:
        print(os.environ["UV_SYSTEM_CERTS"], os.environ["UV_PROJECT_ENVIRONMENT"], *sys.argv[1:], file=calls)
    time.sleep(float(os.environ.get("UV_NAPS", "0")))
    if "UV_FAILS" in os.environ:
        sys.exit("uv: no route to the index")
    site = next((root / ".venv/lib").glob("python*/site-packages"))
    said = (root / "said.py").read_text()
    (root / ".venv/bin/pantau").write_text(said)
    if "dev" in sys.argv:
        (site / "pytest.py").write_text(said)
"""

PANTAU = r"""
import os, sys
print("\0".join([os.path.basename(sys.argv[0]), os.getcwd(), *sys.argv[1:]]))
if sys.argv[1:2] == ["exit"]:
    sys.exit(int(sys.argv[2]))
"""

BACKEND = r"""
import base64, hashlib, zipfile
def get_requires_for_build_editable(config_settings=None):
    return []
def build_editable(directory, config_settings=None, metadata_directory=None):
    name = "pantau-1-py3-none-any.whl"
    with zipfile.ZipFile(directory + "/" + name, "w") as wheel:
        wheel.writestr("pantau-1.data/scripts/pantau", "#!python\n" + open("said.py").read())
        wheel.writestr("pantau-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: pantau\nVersion: 1\n")
        wheel.writestr("pantau-1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\n"
                       "Root-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("pantau-1.dist-info/RECORD", "")
    return name
"""


def wheel(directory: Path, name: str, files: Mapping[str, str]) -> str:
    """Write the wheel of distribution `name` 0.13 and return its sha256."""
    info = f"{name}-0.13.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.13\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    records = "".join(f"{path},{_digest(text.encode())},{len(text)}\n" for path, text in files.items())
    path = directory / f"{name}-0.13-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in {**files, f"{info}/RECORD": records}.items():
            archive.writestr(member, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class Told:
    """How a start of the launcher ended."""

    status: int
    out: str
    err: str

    @property
    def ran(self) -> list[str]:
        """What ran at last: its name, its working directory, its arguments."""
        return self.out.rstrip("\n").split("\0")


@dataclass(frozen=True)
class Checkout:
    """A copy of the repository as far as the launcher sees it."""

    root: Path
    environ: Mapping[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str, by: str | Path | None = None, **changes: object) -> subprocess.Popen[str]:
        """Start the launcher, by the path `by`, with `cwd=` and changed variables."""
        cwd, account = changes.pop("cwd", self.root.parent), changes.pop("account", None)
        process = subprocess.Popen(
            [str(by or self.root / "pantau"), *words],
            cwd=str(cwd),
            env={**self.environ, **{name: str(value) for name, value in changes.items()}},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **({"user": account, "group": account, "extra_groups": []} if account else {}),
        )
        self.started.append(process)
        return process

    def run(self, *words: str, **changes: object) -> Told:
        """Start the launcher and wait for its end."""
        process = self.start(*words, **changes)
        out, err = process.communicate(timeout=600)
        return Told(process.returncode, out, err)

    @property
    def uv_calls(self) -> list[str]:
        """The command lines that uv was called with."""
        calls = self.root / "uv-calls"
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that stands in for the package index."""
    directory = tmp_path_factory.mktemp("wheels")
    script = "[console_scripts]\nuv = uv:main\n"
    wheel(directory, "uv", {"uv.py": STAND_IN_FOR_UV, "uv-0.13.dist-info/entry_points.txt": script})
    return directory


@pytest.fixture(scope="session")
def open_directory() -> Iterator[Path]:
    """A directory that every account may enter, which pytest's own are not."""
    directory = Path(tempfile.mkdtemp(prefix="pantau-tests-")).resolve()
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def make_checkout(open_directory: Path, wheels: Path) -> Iterator[Callable[[str], Checkout]]:
    """Makes a checkout with the real launcher, in a directory of the given name."""
    made: list[Checkout] = []
    (open_directory / "home").mkdir()
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(open_directory / "home"),
        "PANTAU_PYTHON": sys.executable,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }

    def make(name: str) -> Checkout:
        root = open_directory / name
        root.mkdir(parents=True)
        shutil.copy(REPOSITORY / "pantau", root)
        digest = wheel(wheels, "needed", {"needed.py": ""})
        (root / "requirements.lock").write_text(f"needed==0.13 --hash=sha256:{digest}\n")
        (root / "said.py").write_text(PANTAU)
        (root / "backend.py").write_text(BACKEND)
        (root / "uv.lock").write_text("version = 1\n")
        (root / "pyproject.toml").write_text(
            '[project]\nname = "pantau"\nversion = "1"\n'
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        )
        made.append(Checkout(root, environ))
        return made[-1]

    yield make
    for checkout in made:
        for process in checkout.started:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()
