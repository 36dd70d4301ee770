"""SHELL: machine code is made of the modules that match (`worker.compiled`), once for each state of them.

mypyc reads the types that the modules carry anyway. It is installed into a directory of its own, pinned by
`compiling.lock`, and gone again afterwards: what runs Pantau holds no compiler.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import worker
from worker.compiled import LIBRARY, MODULES, SHARED, file_of, home, place
from worker.errors import Unavailable

Said = Callable[[str], None]
_LAST_WORDS = 8
# Of mypy all strictness is the tests'; here types are only read.
_BUILD = f"""
import sys
from mypyc.build import mypycify
from setuptools import setup

python, *files = sys.argv[1:]
told = ["--ignore-missing-imports", "--python-executable", python]
sys.argv[1:] = ["--quiet", "build_ext", "--inplace"]
made = mypycify(told + files, opt_level="2", debug_level="0", group_name="{LIBRARY}")
for extension in made:
    # What one compiler of many wonders at is no error: gcc 12 took a name for maybe unset that was not.
    extension.extra_compile_args = [flag for flag in extension.extra_compile_args if flag != "-Werror"]
setup(name="compiled", packages=[], ext_modules=made)
"""


@dataclass(frozen=True, slots=True)
class Compiled:
    """So many modules are machine code now."""

    modules: int


@dataclass(frozen=True, slots=True)
class AlreadyCompiled:
    """There is machine code of these very sources."""


def compile_modules(say: Said) -> Compiled | AlreadyCompiled:
    """Makes the machine code and puts it where the next start takes it. Raises Unavailable where something is missing
    that this takes: a C compiler, Python's headers, PyPI."""
    target = place()
    if target.is_dir():
        return AlreadyCompiled()
    _require_compiler()
    _require_room(home())
    with tempfile.TemporaryDirectory(prefix="pantau-compile-") as made:
        here = Path(made)
        say("installing mypyc, for this alone")
        python = _python_with_mypyc(here / "tools")
        say(f"compiling {len(MODULES)} modules; this takes a minute or two of one processor")
        source = here / "source"
        shutil.copytree(
            Path(worker.__file__).parent, source / "worker", ignore=shutil.ignore_patterns("__pycache__")
        )
        files = [f"{module.replace('.', '/')}.py" for module in MODULES]
        _run([python, "-c", _BUILD, sys.executable, *files], source, "mypyc could not compile the modules")
        _keep(source, target)
    return Compiled(len(MODULES))


def _require_compiler() -> None:
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        raise Unavailable(
            f"there is no C compiler ({compiler}). Debian and Ubuntu: apt install gcc libc6-dev"
        )
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").is_file():
        raise Unavailable(
            f"Python's headers are not in {headers}. Debian and Ubuntu: apt install python3-dev"
        )


def _require_room(directory: Path) -> None:
    try:
        directory.mkdir(exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"cannot write {directory}: {error.strerror}; run this as who installed Pantau"
        ) from error


def _python_with_mypyc(tools: Path) -> str:
    _run([sys.executable, "-m", "venv", str(tools)], tools.parent, "cannot make an environment for mypyc")
    python = str(tools / "bin" / "python")
    lock = str(Path(__file__).with_suffix(".lock"))
    install = ["-m", "pip", "install", "--quiet", "--no-input", "--require-hashes", "-r", lock]
    _run([python, *install], tools, "cannot install mypyc")
    return python


def _run(command: Sequence[str], directory: Path, trouble: str) -> None:
    """Runs a program; raises Unavailable with its last words where it fails."""
    # -P and such would not reach the children; a PYTHONPATH of somebody's must not either.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(  # noqa: S603  our own commands
        command,
        cwd=directory,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-_LAST_WORDS:]
        raise Unavailable(
            "\n".join([f"{trouble}. The end of what it said:", *[f"    {line}" for line in said]])
        )


def _keep(source: Path, target: Path) -> None:
    """Puts what was made in its place, whole or not at all, and takes away what other sources were made into."""
    fresh = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
    for module in (*MODULES, SHARED):
        *package, name = module.split(".")
        shutil.copy(source.joinpath(*package, file_of(name)), fresh / file_of(module))
    fresh.chmod(0o755)
    fresh.rename(target)
    for other in target.parent.iterdir():
        if other != target:
            shutil.rmtree(other, ignore_errors=True)
