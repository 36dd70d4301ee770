"""What every page works with: database, clock, templates; and how to ask without waiting for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as Rendering
from starlette.requests import Request
from starlette.responses import HTMLResponse

from alerts.desks.outbox import Outbox
from ops.access import Attempts, Session
from ops.dashboard.assets import Assets, load_assets
from ops.dashboard.gate import HEADERS, LOOKS, Access, cookie_name
from ops.dashboard.imports import Imports
from ops.dashboard.knowing import Knowing
from ops.dashboard.remembered import Remembered
from ops.dashboard.rereading import Rereading
from ops.dashboard.tongues import tongue
from ops.dashboard.trials import Trials
from ops.dashboard.words import by_clock, in_zone
from ops.health import Checks
from ops.said import Tongue, spoken
from ops.slack.app import SlackApp
from ops.store.audit import Audit
from ops.store.pages.rail import Counts, counts
from ops.tastes import LANGUAGES
from worker.secrets import KeyRing, Secret
from worker.settings import Settings
from worker.store.engine import Connection, Engine

Answer = TypeVar("Answer")

PATIENCE_S = 8.0
"""A page that takes longer says that the database does not answer, and frees its reader."""

RAIL_S = 3.0
"""The numbers in the rail are this old at most; they are the same for everybody."""

_PAGE_THREADS = 8
_ERRAND_THREADS = 2  # what takes seconds must not keep them busy either
_LOG_IN_THREADS = 2  # hashing passwords must not keep the pages' threads busy


class DatabaseSilent(Exception):
    """The database did not answer in time."""


@dataclass(slots=True)
class Context:
    """One web process's tools. `clock` reads the time, `steady` any clock that never goes back (seconds); `keys`
    open what is sealed, such as what hubs sign with; `link_keys`, once they are opened, tell which links are ours;
    `slack` is our app there, where one is set up; `api_token` opens what is for programs, such as the figures of
    /metrics that are else `metrics_for` this machine alone; `outbox` sends what people try a channel with; `settings`
    are what the whole installation was given."""

    engine: Engine
    checks: Checks
    clock: Callable[[], datetime]
    version: str
    public_url: str | None = None
    keys: KeyRing | None = None
    link_keys: KeyRing | None = None
    slack: SlackApp | None = None
    outbox: Outbox | None = None
    metrics_for: Access = "local"
    api_token: Secret | None = None
    settings: Settings | None = None
    steady: Callable[[], float] = time.monotonic
    patience_s: float = PATIENCE_S
    assets: Assets = field(default_factory=load_assets)
    proof: Remembered[Audit] = field(default_factory=Remembered)
    rereading: Rereading = field(default_factory=Rereading)
    imports: Imports = field(default_factory=Imports)
    tries_by_name: Attempts = field(default_factory=lambda: Attempts(most=5, window_s=60))
    tries_by_visitor: Attempts = field(default_factory=lambda: Attempts(most=50, window_s=60))
    trials: Trials = field(default_factory=Trials)
    knowing: Knowing = field(default_factory=Knowing)
    offered: frozenset[str] = frozenset({"/"})
    templates: dict[str, Environment] = field(init=False)
    began: datetime = field(init=False)
    _counted: tuple[float, Counts] | None = None
    _remembered: dict[str, Remembered[Any]] = field(default_factory=dict)
    _pages: ThreadPoolExecutor = field(init=False)
    _log_ins: ThreadPoolExecutor = field(init=False)
    _errands: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()
        self.templates = {language: _templates(self.assets, tongue(language)) for language in LANGUAGES}
        self._pages = ThreadPoolExecutor(_PAGE_THREADS, "page")
        self._log_ins = ThreadPoolExecutor(_LOG_IN_THREADS, "log-in")
        self._errands = ThreadPoolExecutor(_ERRAND_THREADS, "errand")

    async def ask(self, work: Callable[[Connection], Answer], *, log_in: bool = False) -> Answer:
        """What `work` finds in one transaction, done in a thread. Raises DatabaseSilent when it takes too
        long, and whatever SQLAlchemy raises."""

        threads = self._log_ins if log_in else self._pages
        asked = asyncio.get_running_loop().run_in_executor(threads, self._transaction, work)
        try:
            return await asyncio.wait_for(asked, self.patience_s)
        except TimeoutError:
            raise DatabaseSilent from None

    async def ask_at_length(self, work: Callable[[Connection], Answer]) -> Answer:
        """The same for what goes through so much that no page waits for it; the database ends it after a minute."""
        return await asyncio.get_running_loop().run_in_executor(self._errands, self._transaction, work)

    def _transaction(self, work: Callable[[Connection], Answer]) -> Answer:
        with self.engine.begin() as connection:
            return work(connection)

    def errand(self, work: Callable[[], Answer]) -> Future[Answer]:
        """Has `work` done that takes longer than a page may, in one of few threads."""
        return self._errands.submit(work)

    def close(self) -> None:
        """Lets go of threads and connections; work under way is not waited for."""
        self.trials.close()
        for threads in (self._pages, self._log_ins, self._errands):
            threads.shutdown(wait=False, cancel_futures=True)
        self.engine.dispose()

    async def counts(self) -> Counts:
        """The numbers of the rail, looked up at most every few seconds."""
        now = self.steady()
        if self._counted is None or now - self._counted[0] >= RAIL_S:
            self._counted = now, await self.ask(counts)
        return self._counted[1]

    def counted(self, found: Counts) -> None:
        """Takes over numbers of the rail that a page has just read, so that both say the same."""
        self._counted = self.steady(), found

    def recount(self) -> None:
        """Has the numbers of the rail looked up anew: whoever changed something looks at them next."""
        self._counted = None

    async def remembered(
        self, name: str, shortest_s: float, work: Callable[[Connection], Answer]
    ) -> Answer | None:
        """What `work` found of late; None where it takes long and was never found yet. Each name has one work."""
        kept = self._remembered.setdefault(name, Remembered(shortest_s))
        return await kept.latest(lambda: self.ask(work), self.steady)

    def relearn(self, name: str, found: Any) -> None:
        """Puts what was just looked up in the place of what was remembered under this name."""
        if name in self._remembered:
            self._remembered[name].found = found

    def page(
        self, template: str, *, status: int = 200, session: Session | None = None, **values: Any
    ) -> HTMLResponse:
        """A page, in the language of whoever is logged in. Whatever stands in `values` is escaped where the template
        shows it."""
        language = session.language if session and session.language in self.templates else "en"
        values = {"language": language, "zone": session.timezone if session else "UTC", **values}
        html = self.templates[language].get_template(template).render(session=session, **values)
        return HTMLResponse(html, status, dict(HEADERS))


def context_of(request: Request) -> Context:
    """The process's tools."""
    context: Context = request.app.state.context
    return context


def look_of(request: Request) -> str:
    """The colours that this browser was told to use: "light", "dark", or "" for what its system says."""
    told = request.cookies.get(cookie_name("look", context_of(request).public_url), "")
    return told if told in LOOKS else ""


def prose(text: str, tongue: Tongue | None = None) -> list[tuple[str, bool]]:
    """A sentence in pieces, in this language; True for what stands between backticks, which is a command."""
    text = str(spoken(text, tongue)) if tongue else text
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return [(text, False)]
    return [(piece, n % 2 == 1) for n, piece in enumerate(pieces) if piece]


@pass_context
def _here(rendering: Rendering, text: str) -> str:
    """A sentence with its moments in the zone of whoever looks."""
    return by_clock(text, str(rendering.get("zone", "UTC")))


@pass_context
def _whole(rendering: Rendering, iso: str) -> str:
    """A moment with its whole date, in the zone of whoever looks."""
    return in_zone(iso, str(rendering.get("zone", "UTC")))


def _templates(assets: Assets, words: Tongue) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=partial(spoken, tongue=words),
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(asset=assets.path)
    environment.filters.update(prose=partial(prose, tongue=words), whole=_whole, here=_here)
    return environment
