"""The supervisor: order of start and stop, restarts, the log, the lock, and no orphans whatever happens."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from signal import Signals

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops import tether
from ops.child import (
    BUSY_S,
    LONGEST_PAUSE_S,
    MAX_DEATHS,
    Child,
    Failed,
    GaveUp,
    Restart,
    Rung,
    Stopped,
    describe,
    judge,
)
from ops.lockfile import Running, announce, find_running, from_json, hold, to_json
from ops.loglines import MAX_LINE, console, for_machines, for_people, json_lines, lines_of
from ops.supervisor import Supervisor, background
from ops.tether import registration, release, still_guarded
from worker.errors import BadConfiguration, TryAgain

REPOSITORY = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
PLAIN = Child("worker", ("true",))


def shell(name: str, script: str, **facts: object) -> Child:
    return Child(name, ("/bin/sh", "-c", script), **facts)  # type: ignore[arg-type]


class Told:
    """A log to look into."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def of(self, name: str) -> list[str]:
        return [line for each, line in self.lines if each == name]

    def wait_for(self, name: str, line: str, times: int = 1) -> None:
        wait_until(lambda: self.of(name).count(line) >= times)


def wait_until(reached: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody has buried yet does not."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(told.strip()) and not told.startswith("Z")


# what follows a death


@pytest.mark.parametrize(
    ("deaths", "pause"), [([0], 1), ([0, 70], 2), ([0, 70, 140], 4), ([70.0 * n for n in range(9)], 30)]
)
def test_each_death_doubles_the_pause_up_to_the_longest(deaths: list[float], pause: float) -> None:
    assert judge(PLAIN, 1, deaths, deaths[-1]) == Restart(pause)


def test_a_death_long_ago_no_longer_counts() -> None:
    assert judge(PLAIN, -9, [0, 10, 20, 5000], 5000) == Restart(1)


def test_dying_too_often_within_a_minute_ends_everything() -> None:
    assert judge(PLAIN, 1, [0, 2, 5, 10, 59], 59) == GaveUp("worker", 5)
    assert judge(PLAIN, 1, [0, 2, 5, 10, 61], 61) == Restart(16)


@pytest.mark.parametrize("status", [2, 65, 78, 126])
def test_a_death_that_no_restart_mends_ends_everything_with_its_status(status: int) -> None:
    assert judge(PLAIN, status, [0], 0) == Failed("worker", status)


@pytest.mark.parametrize(("status", "ours"), [(1, 1), (69, 69), (-9, 1)])
def test_a_child_that_is_to_run_once_is_not_restarted(status: int, ours: int) -> None:
    assert judge(Child("migrate", ("true",), once=True), status, [0], 0) == Failed("migrate", ours)


@given(st.lists(st.floats(0, 10_000), min_size=1).map(sorted))
def test_a_restart_waits_between_one_second_and_the_longest_pause(deaths: list[float]) -> None:
    match judge(PLAIN, 1, deaths, deaths[-1]):
        case Restart(pause):
            assert 1 <= pause <= LONGEST_PAUSE_S
            assert sum(deaths[-1] - death < BUSY_S for death in deaths) < MAX_DEATHS
        case verdict:
            assert isinstance(verdict, GaveUp)
            assert verdict.deaths >= MAX_DEATHS


def test_a_status_is_described_in_words() -> None:
    assert [describe(3), describe(-9)] == ["exit status 3", "SIGKILL"]


# the log


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=40)))
def test_lines_come_out_as_they_went_in_however_the_pipe_cuts_them(lines: list[str]) -> None:
    data, out, rest = "".join(line + "\n" for line in lines).encode(), [], b""
    for start in range(0, len(data), 7):
        finished, rest = lines_of(rest + data[start : start + 7])
        out += finished
    assert (out, rest) == (lines, b"")


def test_a_line_without_end_is_cut_and_kept_whole() -> None:
    lines, rest = lines_of(b"x" * (2 * MAX_LINE + 5))
    assert ([len(line) for line in lines], rest) == ([MAX_LINE, MAX_LINE], b"xxxxx")


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert lines_of(b"a\xff\xfeb\r\n") == (["a��b"], b"")


def test_a_line_for_people_has_the_name_in_front_and_no_control_characters() -> None:
    told = for_people("web", "title \x1b]0;owned\x07 \x9b2J\tend")
    assert told == "web          │ title \\x1b]0;owned\\x07 \\x9b2J\tend"


def test_a_line_that_is_a_json_object_passes_untouched() -> None:
    line = '{"event":  "sent", "level": "info"}'
    assert for_machines("worker", line, NOW) == line


@pytest.mark.parametrize("line", ["plain", "{broken", "[1]", "17", "", "“quoted” \x00"])
def test_any_other_line_becomes_a_json_object(line: str) -> None:
    told = json.loads(for_machines("postgres", line, NOW))
    assert told == {"event": line, "level": "info", "process": "postgres", "timestamp": NOW.isoformat()}


def test_both_logs_write_whole_lines_and_bear_a_reader_that_left() -> None:
    people, machines, gone = StringIO(), StringIO(), StringIO()
    console(people)("web", "hello")
    json_lines(machines, lambda: NOW)("supervisor", "worker: SIGKILL; again in 1 s")
    gone.close()
    console(gone)("web", "hello")
    assert people.getvalue() == "web          │ hello\n"
    assert json.loads(machines.getvalue())["level"] == "warning"


# the guard's book


def test_the_guard_keeps_whom_it_was_told_of_and_not_told_to_release() -> None:
    book = [registration(7, 15), registration(8, 2), release(7), release(99), registration(9, 15)]
    assert still_guarded(book) == {8: 2, 9: 15}


# the lock


def running(pid: int | None = None) -> Running:
    return Running(
        pid=pid or os.getpid(),
        database="postgresql+psycopg://pantau@/pantau?host=/x",
        redis="redis+socket:///x/redis.sock",
        address="http://127.0.0.1:8484",
        started=NOW,
    )


def test_what_is_announced_is_found_while_the_lock_is_held_and_not_after(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    assert find_running(data) is None
    with hold(data):
        assert find_running(data) is None
        announce(data, running())
        assert find_running(data) == running()
    assert find_running(data) is None


def test_a_second_start_is_refused_by_the_name_of_the_first(tmp_path: Path) -> None:
    with hold(tmp_path):
        announce(tmp_path, running())
        with (
            pytest.raises(TryAgain, match=rf"process {os.getpid()} at http://127.0.0.1:8484"),
            hold(tmp_path),
        ):
            pass
        assert find_running(tmp_path) == running()


def test_what_a_killed_supervisor_announced_is_not_believed(tmp_path: Path) -> None:
    announce(tmp_path, running(pid=1))
    with hold(tmp_path):
        pass
    announce(tmp_path, running(pid=1))
    assert find_running(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"pid": 1}', '{"started": 3}', '{"started": "x"}'])
def test_a_broken_announcement_means_that_nothing_is_known(text: str) -> None:
    assert from_json(text) is None
    assert from_json(to_json(running())) == running()


def test_a_data_directory_that_cannot_be_made_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadConfiguration, match="PANTAU_DATA_DIR"), hold(tmp_path / "file" / "data"):
        pass


# real processes


@pytest.mark.servers
def test_a_stage_starts_when_the_one_before_is_ready_and_stops_before_it(tmp_path: Path) -> None:
    told, flag = Told(), tmp_path / "flag"
    lasting = "trap 'echo leaves; exit 0' TERM; echo here; while :; do sleep 0.02; done"
    server = shell("server", f"sleep 0.3; touch {flag}; {lasting}", ready=flag.exists)
    migrate = shell("migrate", "sleep 0.2; echo migrated", once=True)
    with background([[server], [migrate], [shell("web", lasting), shell("beat", lasting)]], log=told):
        told.wait_for("web", "here")
        told.wait_for("beat", "here")
    order = [name for name, line in told.lines if line != "leaves"]
    assert (order[:2], sorted(order[2:])) == (["server", "migrate"], ["beat", "web"])
    assert [name for name, line in told.lines if line == "leaves"][-1] == "server"
    assert not told.of("supervisor")


@pytest.mark.servers
def test_a_child_that_dies_comes_back_without_what_it_left_behind(tmp_path: Path) -> None:
    told, once = Told(), tmp_path / "once"
    script = f"echo life; [ -e {once} ] || {{ touch {once}; sleep 300 & echo $!; kill -9 $$; }}; sleep 300"
    with background([[shell("worker", script)]], log=told):
        told.wait_for("worker", "life", times=2)
        left_behind = int(told.of("worker")[1])
        assert not lives(left_behind)
    assert told.of("supervisor") == ["worker: SIGKILL; again in 1 s"]


@pytest.mark.servers
def test_a_child_that_ignores_its_signals_is_killed_with_its_whole_group() -> None:
    told = Told()
    ladder = (Rung(Signals.SIGTERM), Rung(Signals.SIGQUIT, 0.5), Rung(Signals.SIGKILL, 5.0))
    script = "trap '' TERM; trap 'echo quit' QUIT; (trap '' TERM QUIT; exec sleep 300) & echo $!; "
    script += "while :; do wait; done"
    with background([[shell("stubborn", script, stop=ladder)]], log=told):
        wait_until(lambda: bool(told.of("stubborn")))
    assert told.of("stubborn")[1:] == ["quit"]
    assert not lives(int(told.of("stubborn")[0]))


@pytest.mark.servers
def test_a_child_that_does_not_get_ready_is_killed_and_counts_as_dead() -> None:
    told = Told()
    slow = shell(
        "slow", "echo life; exec sleep 300", ready=lambda: told.of("slow").count("life") > 1, patience_s=0.2
    )
    with background([[slow]], log=told):
        pass
    assert told.of("supervisor")[0].startswith("slow is not ready after")
    assert "slow: SIGKILL; again in 1 s" in told.of("supervisor")


@pytest.mark.servers
@pytest.mark.parametrize(
    ("child", "ending"),
    [
        (shell("migrate", "exit 3", once=True), Failed("migrate", 3)),
        (shell("web", "exit 78", ready=lambda: False), Failed("web", 78)),
        (Child("none", ("/nowhere/server",), ready=lambda: False), Failed("none", 126)),
    ],
)
def test_a_start_that_cannot_succeed_ends_with_the_reason(child: Child, ending: Failed) -> None:
    told = Told()
    first = shell("first", "trap 'echo leaves; exit 0' TERM; echo on; while :; do sleep 0.02; done")
    first_is_on = shell("wait", "sleep 0.3", once=True)
    with (
        pytest.raises(RuntimeError, match=str(ending.exit_code)),
        background([[first], [first_is_on], [child]], log=told),
    ):
        pass
    assert told.of("first") == ["on", "leaves"]
    assert told.of("supervisor") == [str(ending)]


@pytest.mark.servers
def test_a_readiness_question_that_breaks_means_no_and_is_told() -> None:
    answers = iter([ZeroDivisionError("a lost connection"), True])

    def asked() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    told = Told()
    with background([[shell("odd", "exec sleep 300", ready=asked)]], log=told):
        pass
    (said,) = told.of("supervisor")
    assert said == "odd could not be asked whether it is ready: ZeroDivisionError('a lost connection')"


@pytest.mark.servers
def test_what_breaks_in_our_own_hands_still_stops_the_children_and_is_raised() -> None:
    told = Told()
    child = shell("one", "echo $$; exec sleep 300", ready=lambda: bool(told.lines))

    def breaks() -> None:
        raise KeyError("announcing")

    async def run() -> None:
        await Supervisor([[child]], told).run(breaks)

    with pytest.raises(KeyError, match="announcing"):
        asyncio.run(run())
    assert not lives(int(told.of("one")[0]))


@pytest.mark.servers
def test_a_flood_without_line_ends_reaches_the_log_in_pieces() -> None:
    told = Told()
    flood = f"head -c {3 * MAX_LINE + 9} /dev/zero | tr '\\0' x; echo; exec sleep 300"
    with background([[shell("flood", flood)]], log=told):
        wait_until(lambda: len("".join(told.of("flood"))) >= 3 * MAX_LINE + 9)
    assert "".join(told.of("flood")) == "x" * (3 * MAX_LINE + 9)


SCRIPT = """
import sys
from signal import Signals
from ops.child import Child, Rung
from ops.loglines import console
from ops.supervisor import supervise

def shell(name, script, *ladder):
    plain = (Rung(Signals.SIGTERM), Rung(Signals.SIGKILL, 10))
    return Child(name, ("/bin/sh", "-c", script), stop=ladder or plain)

ending = supervise({stages}, log=console(sys.stderr), on_ready=lambda: print("ready", flush=True))
print(ending, flush=True)
sys.exit(ending.exit_code)
"""


@contextmanager
def foreground(stages: str) -> Iterator[subprocess.Popen[str]]:
    """A supervisor as a process of its own, ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.replace("{stages}", stages)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80"},
    )
    assert process.stdout
    assert process.stderr
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


POLITE = "shell('polite', 'trap \"echo leaves; exit 0\" TERM INT; echo $$; while :; do sleep 0.02; done')"
DEAF = "shell('deaf', 'trap \"\" TERM INT QUIT; echo $$; while :; do sleep 0.02; done')"
FAMILY = "shell('family', 'trap \"\" TERM; sleep 300 & echo $!; echo $$; while :; do sleep 0.02; done')"


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    return process.stderr.readline().split("│")[1].strip()


@pytest.mark.servers
@pytest.mark.parametrize("number", [Signals.SIGTERM, Signals.SIGINT, Signals.SIGHUP])
def test_one_signal_is_an_ordered_stop_with_status_0(number: Signals) -> None:
    with foreground(f"[[{POLITE}]]") as process:
        next_line(process)
        process.send_signal(number)
        assert next_line(process) == "leaves"
        assert process.wait(timeout=20) == Stopped().exit_code


@pytest.mark.servers
def test_the_second_signal_ends_at_once_what_will_not_leave() -> None:
    with foreground(f"[[{DEAF}]]") as process:
        deaf = int(next_line(process))
        process.terminate()
        time.sleep(0.3)
        assert process.poll() is None
        process.terminate()
        began = time.monotonic()
        assert process.wait(timeout=20) == 0
        assert time.monotonic() - began < 8, "the ladder alone would have taken 10 s"
        assert not lives(deaf)


@pytest.mark.servers
def test_a_signal_to_the_terminals_group_reaches_the_supervisor_alone() -> None:
    with foreground(f"[[{POLITE}]]") as process:
        polite = int(next_line(process))
        assert os.getpgid(polite) == polite
        assert os.getsid(polite) == polite


@pytest.mark.servers
def test_giving_up_ends_with_status_1() -> None:
    deaths = "import ops.child; ops.child.MAX_DEATHS = 2\n"
    source = deaths + SCRIPT.replace("{stages}", "[[shell('dies', 'exit 9')]]")
    done = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 1
    assert "dies died 2 times within 60 s; giving up" in done.stderr


@pytest.mark.servers
def test_sigkill_of_the_supervisor_leaves_nobody_behind() -> None:
    with foreground(f"[[{POLITE}], [{DEAF}, {FAMILY}]]") as process:
        pids = {int(next_line(process)) for _ in range(4)}
        assert all(map(lives, pids))
        process.send_signal(signal.SIGKILL)
        wait_until(lambda: not any(map(lives, pids)), seconds=5)


@pytest.mark.servers
def test_a_child_that_meets_no_guard_gets_another_life() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, tether.__file__, "run", str(writing), "15", "-1", "-1", "true"]
    status = subprocess.run(command, pass_fds=(writing,)).returncode
    os.close(writing)
    assert isinstance(judge(PLAIN, status, [0], 0), Restart)


def guards_of(supervisor: int) -> list[int]:
    """The guards that a supervisor has. Without `ww`, ps cuts lines at 80 columns where it sees no terminal, and a
    longer path hides the word that we look for."""
    listed = subprocess.run(["ps", "-wweo", "pid=,ppid=,args="], capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines() if line.endswith(" guard")]
    return [int(pid) for pid, parent, _ in rows if int(parent) == supervisor]


@pytest.mark.servers
def test_a_guard_that_dies_is_replaced_and_still_guards_everybody(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    late = f"shell('late', 'echo 0; while [ ! -e {gate} ]; do sleep 0.02; done; echo up; exit 9')"
    with foreground(f"[[{DEAF}, {late}]]") as process:
        deaf = max(int(next_line(process)), int(next_line(process)))
        wait_until(lambda: guards_of(process.pid))
        (guard,) = guards_of(process.pid)
        os.kill(guard, signal.SIGKILL)
        gate.touch()
        assert next_line(process) == "up"
        assert next_line(process).startswith("late: exit status 9")
        assert [next_line(process), next_line(process)] == ["0", "up"]
        process.kill()
        wait_until(lambda: not lives(deaf), seconds=5)
