"""The read desk: entries come in, their pages are fetched side by side, and what may have to be told is read first.

    claim ─▶ fetch ─▶ pile ─▶ look ─▶ pile ─▶ read ─▶ settle
               ▲               │                │
               └── leads on ───┴── next page ───┘

One page at a time is looked at or read, and the next one is chosen anew: pages that a topic touches before those
that none does, news before what stood in a feed when it was added. In the end all are read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.crashpoint import crashpoint
from worker.desks import pages
from worker.desks.pile import Pile, Sheet
from worker.desks.reader import Reader
from worker.kit import Kit
from worker.match import TopicIndex, detect
from worker.model import Article, EntryId, Topic, TopicId, UnreadEntry
from worker.pages.extract import extract_page
from worker.store import claims, rereading
from worker.store.engine import Connection, DatabaseTrouble, PoolExhausted, forgetful
from worker.store.sketches import languages_told_in
from worker.story import sketch_of

ROOM = 32
"""Pages on their way at once; each takes at most 5 MiB."""
SLOW_ROOM = ROOM // 2
"""Places that backlog and further tries may take: news finds the others free."""
MOST_WAITING_BYTES = 32 * 1024 * 1024
MOST_HELD = 200
SECONDS = 20.0
LOOK_AGAIN_S, CLAIM_S = 0.25, 0.05
"""Between two claims: where fewer were due than there was room for, and otherwise."""
RENEW_S = 8.0


def warm_up() -> None:
    """Loads what the first reading would otherwise wait seconds for: the extractor, the language model, the entity
    packs."""
    page = extract_page(
        b"<html><body><article><p>" + b"A first sentence. " * 50 + b"</p></article></body></html>"
    )
    index = TopicIndex()
    index.add(Topic(TopicId(0), "warm-up", "@nato"))
    index.match(Article(title="NATO", body=page.text, language=detect(page.text)))


def know_names(connection: Connection) -> None:
    """Loads the names that things have in the languages that are read here, English where nothing was read yet: the
    first article that a topic touches would wait 2 s for them, in each process anew."""
    for language in languages_told_in(connection) or ["en"]:
        sketch_of(Article(title="NATO", body="NATO.", language=language))


async def read(kit: Kit, seconds: float = SECONDS) -> int:
    """Reads new entries and pages that are due again, until nothing is due and nothing is held; returns how many
    were claimed. After `seconds` nothing more is claimed; where the process is stopping, what waits is given back at
    once."""
    with kit.engine.connect() as connection, forgetful(kit.engine) as marks:
        desk = _Desk(kit, connection, marks, asyncio.get_running_loop().time() + seconds)
        while (desk.claim() or desk.held) and not kit.stopping():
            desk.renew()
            await desk.step()
        await desk.leave()
    if desk.troubles:
        raise desk.troubles[0]
    return desk.claimed


@dataclass(slots=True)
class _Desk:
    """What lies on the desk: entries `held` under lease, their pages on the way (`coming`) and on the pile. What must
    last goes over `connection`, what may be forgotten over `marks`: one of each for all, since to ask a pool for one
    costs a trip to the server, and a page took five."""

    kit: Kit
    connection: Connection
    marks: Connection
    until: float
    claimed: int = 0
    held: dict[EntryId, UnreadEntry] = field(default_factory=dict)
    coming: dict[asyncio.Task[None], Sheet] = field(default_factory=dict)
    pile: Pile = field(default_factory=Pile)
    troubles: list[BaseException] = field(default_factory=list)
    reader: Reader = field(init=False)
    more: bool = True
    claim_at: float = 0.0
    renew_at: float = 0.0

    def __post_init__(self) -> None:
        self.reader = Reader(self.kit, self.connection, self.marks)
        self.renew_at = self._now() + RENEW_S

    def claim(self) -> bool:
        """Fills the free places. An entry that may have ended its reader comes by itself, when nothing is held that
        it could take along."""
        free = ROOM - len(self.coming)
        if not self._may_claim(free):
            return False
        try:
            entries = self._claimed(free)
        except (DatabaseTrouble, PoolExhausted) as trouble:
            self.troubles.append(trouble)
            return False
        self.claim_at = self._now() + (LOOK_AGAIN_S if len(entries) < free else CLAIM_S)
        plain = not any(each.backlog or each.earlier or each.attempts for each in entries)
        self.more = bool(self.held) or len(entries) >= free or not plain
        self.claimed += len(entries)
        if entries:
            crashpoint("read_after_claim")
        for entry in entries:
            self._take_in(entry)
        return bool(entries)

    def _may_claim(self, free: int) -> bool:
        if self.troubles or self._now() >= self.until:
            return False
        if not self.held:
            return self.more or self.reader.gave_back or self._now() >= self.claim_at
        room = self.pile.size < MOST_WAITING_BYTES and len(self.held) < MOST_HELD
        return room and free > 0 and self._now() >= self.claim_at

    def _claimed(self, free: int) -> Sequence[UnreadEntry]:
        connection = self.connection
        with connection.begin():
            self.kit.topics.follow(connection)
            waiting = claims.what_waits(connection)
            if not self.held:
                if waiting.again:
                    rereading.let_fuller_be(connection)
                if waiting.suspects and (suspect := claims.claim_suspect(connection)):
                    return suspect
            elif waiting.suspects:
                return ()
            slow = SLOW_ROOM - sum(not sheet.urgent for sheet in self.coming.values())
            new = claims.claim_unread(connection, free, backlog=min(max(slow, 0), free))
            slow -= sum(entry.backlog for entry in new)
            room = max(min(slow, free - len(new)), 0)
            again = claims.claim_again(connection, room) if waiting.again and room else []
            return [*new, *again]

    def renew(self) -> None:
        """Keeps the leases, whatever keeps the entries."""
        if self._now() < self.renew_at or self.troubles:
            return
        self.renew_at = self._now() + RENEW_S
        try:
            claims.renew(self.marks, list(self.held.values()))
        except (DatabaseTrouble, PoolExhausted) as trouble:
            self.troubles.append(trouble)

    async def step(self) -> None:
        """One page further, or a moment's wait for one."""
        if not self.pile and self.coming:
            await asyncio.wait(self.coming, timeout=LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(0)  # what has arrived meanwhile may go first
        for task in [task for task in self.coming if task.done()]:
            sheet = self.coming.pop(task)
            if (trouble := task.exception()) is not None:
                self.troubles.append(trouble)
                del self.held[sheet.entry.id]
            else:
                self.pile.add(sheet)
        if self.pile:
            await self._work(self.pile.take())

    async def leave(self) -> None:
        """Gives back what lies on the desk, so that others may take it at once."""
        if not self.held:
            return
        for task in self.coming:
            task.cancel()
        await asyncio.gather(*self.coming, return_exceptions=True)
        claims.give_back(self.marks, list(self.held.values()), unharmed=self.reader.marked)

    async def _work(self, sheet: Sheet) -> None:
        try:
            if sheet.look == "unseen":
                onward = self.reader.look(sheet)
                if onward is None:
                    self.pile.add(sheet)
                    return
            else:
                onward = await self.reader.read(sheet)
        except (DatabaseTrouble, PoolExhausted) as trouble:
            self.troubles.append(trouble)
            onward = None
        if onward is None:
            del self.held[sheet.entry.id]
        else:
            self._fetch(sheet, onward)

    def _take_in(self, entry: UnreadEntry) -> None:
        self.held[entry.id] = entry
        sheet = pages.sheet_for(entry, self._now())
        link = sheet.entry.link
        if link and entry.full_text and entry.attempts < claims.MOST_ATTEMPTS:
            self._fetch(sheet, link)
        else:
            self.pile.add(sheet)

    def _fetch(self, sheet: Sheet, url: str) -> None:
        self.coming[asyncio.ensure_future(pages.fetch(self.kit, sheet, url))] = sheet

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
