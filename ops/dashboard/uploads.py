"""A file that a person sends with a form: one, of a few megabytes, in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from alerts.letter import plain_text
from ops.access import Session
from ops.dashboard import gate
from ops.dashboard.masking import unmasked
from ops.dashboard.rail import may
from ops.store.accounts import Role

LARGEST_FILE = 5 * 1024 * 1024
_ENVELOPE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came; `name` is what its sender calls it, made harmless. Empty where none was chosen."""

    name: str
    body: bytes


async def upload_taken(request: Request, session: Session, field: str, needed: Role = "editor") -> Upload:
    """The file of a form of ours that this role may send. Raises HTTPException: 403 for who may not, or a form that is
    none of ours; 413 for more than 5 MiB; 400 for what is no such form."""
    if not may(session.role, needed):
        raise HTTPException(
            403, f"Your account may look at this and not change it: that takes the role {needed}."
        )
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise HTTPException(400, "This is not a form of ours.")
    body = await _body(request)

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        form = await MultiPartParser(request.headers, once(), max_files=1, max_fields=10).parse()
    except (MultiPartException, KeyError, ValueError):
        raise HTTPException(400, "This is not a form of ours.") from None
    try:
        told, sent = form.get("csrf"), form.get(field)
        if not gate.same(unmasked(told) if isinstance(told, str) else None, session.csrf):
            raise HTTPException(403, "This form is out of date. Load the page again and repeat what you did.")
        if not isinstance(sent, UploadFile):
            return Upload("", b"")
        return Upload(plain_text(sent.filename or "", 100), await sent.read())
    finally:
        await form.close()


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_FILE + _ENVELOPE:
            raise HTTPException(413, "The file is larger than 5 MiB; a list of 10,000 feeds has 3.")
    return bytes(body)
