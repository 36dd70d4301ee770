"""What a page says goes onto its sheet, page by page of an article that its site has cut into several."""

from __future__ import annotations

import structlog

from worker.desks.pile import Sheet
from worker.errors import BadInput
from worker.limits import TooSlow, at_most
from worker.model import PageText
from worker.pages.extract import read_article
from worker.pages.page import Page, open_page
from worker.pages.twins import elsewhere
from worker.reading import page_problem
from worker.robots import Forbidden
from worker.wire import Failure, Reply

log = structlog.get_logger("worker")

EXTRACT_SECONDS = 10.0


def take_part(sheet: Sheet) -> tuple[str | None, str | None]:
    """Takes what the page says into the sheet; gives what is wrong with it, and its article's next page."""
    reply = sheet.answer
    _note(sheet)
    problem = page_problem(reply)
    if problem is not None or not isinstance(reply, Reply):
        return problem, None
    page, sheet.page = sheet.page or open_reply(reply), None
    text, problem = _extract(page)
    if text is None:
        return problem, None
    if not sheet.parts:
        sheet.final_url = reply.url
    sheet.parts.append(text)
    if text.wall:
        sheet.notes["wall"] = text.wall
    return None, _onward(sheet, page) if text.text and not text.wall else None


def _onward(sheet: Sheet, page: Page) -> str | None:
    """The page that has all of the article, where its first one names such; else its next one."""
    if sheet.whole:
        return None
    there = elsewhere(page.tree, page.url, sheet.final_url or "", len(sheet.parts) + 1)
    if len(sheet.parts) == 1 and there.whole and there.whole not in sheet.asked:
        sheet.whole = True
        return there.whole
    return there.next if there.next not in sheet.asked else None


def open_reply(reply: Reply) -> Page:
    """The page that came, lying open."""
    return open_page(reply.body, reply.url, reply.headers.get("content-type", ""))


def _extract(page: Page) -> tuple[PageText | None, str | None]:
    try:
        with at_most(EXTRACT_SECONDS):
            return read_article(page), None
    except TooSlow:
        return None, f"the page took more than {EXTRACT_SECONDS:.0f} s to read"
    except BadInput as error:
        return None, str(error)
    except Exception as error:
        log.exception("extraction_failed", url=page.url)
        return None, f"the page could not be read ({type(error).__name__})"


def _note(sheet: Sheet) -> None:
    """Notes how the page was had, for whoever asks why."""
    notes = sheet.notes
    notes["asked"] = sheet.asked
    if sheet.via:
        notes["via"] = sheet.via
    match sheet.answer:
        case Forbidden(rule):
            notes["rule"] = rule
        case Reply(status, _, body, url, _, elapsed_s) if not sheet.parts:
            notes |= {"status": status, "url": url, "bytes": len(body), "seconds": round(elapsed_s, 3)}
        case Failure(reason, detail, _, elapsed_s) if not sheet.parts:
            notes |= {"failure": reason, "detail": detail, "seconds": round(elapsed_s, 3)}
