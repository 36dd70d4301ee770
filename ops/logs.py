"""One stream of log lines for everything that speaks in our processes: ours, Celery's, the libraries'.

Events are static names, facts are fields. Lines are JSON or for a console; secrets are starred out by the
name of the field and by their shape, wherever they stand.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog
from structlog.typing import Processor

_SECRET_FIELDS = re.compile(
    r"(?i)(password|passwd|secret|token|authorization|cookie|api_?key|hook|"
    r"(smtp|redis|database|hook|heartbeat|proxy)_url)$"
)
_SECRET_SHAPES = re.compile(
    r"xox[a-z]-[\w-]+"  # Slack tokens
    r"|(?P<before>hooks\.slack(?:-gov)?\.com/|\b(?:Bearer|Basic) (?=\S*\d)"  # hooks; RFC 6750, RFC 7617
    r"|/(?:websub|feeds/topics|feeds/subscriptions)/"  # addresses that are keys themselves
    r"|[?&](?:\w*token|\w*key|secret|password)=)[\w/+.=~%-]{8,}"  # and what people put behind them
    r"|whsec_[\w+/=]+"  # Standard Webhooks
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"  # user:password in any URL
    r"|(?:(?<=/u/)|(?<=/manage/)|(?<=/confirm/))[\w.-]{16,}"  # tokens of the links in mails
    r"|pnt_\w+|pantau_[\w-]{40,}"  # our own API tokens: what people put into the environment, and what we make
)
_DEEPEST = 5
_CHATTY = (
    "uvicorn.error",
    "aiohttp",
    "asyncio",
    "trafilatura",
    "htmldate",
    "urllib3",
    "charset_normalizer",
    "alembic",
    "kombu",
    "amqp",
    "apprise",
    "requests_oauthlib",
    "oauthlib",
)
_CELERY_CHATTER = (
    "celery.worker.request",
    "celery.app.trace",
    "celery.worker.strategy",
    "celery.beat",
    "celery.utils.functional",
)


def set_up(style: Literal["console", "json"], level: str, *, stream: Any = None) -> None:
    """Routes structlog and the standard library's logging through the same processors to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _drop_colours,
                *_renderers(style, colours=(stream or sys.stderr).isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    _quieten(level)


def _renderers(style: Literal["console", "json"], *, colours: bool) -> list[Processor]:
    if style == "json":
        return [
            structlog.processors.format_exc_info,
            star_out_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    return [
        structlog.processors.format_exc_info,
        star_out_secrets,
        structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=18),
    ]


def _drop_colours(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """uvicorn hands a second, coloured copy of its message along."""
    event.pop("color_message", None)
    return event


def star_out_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces secrets by stars: whole fields with telling names, and telling shapes inside any text."""
    for name, value in event.items():
        event[name] = starred(name, value)
    return event


def starred(name: str, value: Any, depth: int = 0) -> Any:
    """A value without what is secret in it; all of it is under a telling name."""
    if _SECRET_FIELDS.search(name) and value:
        return "***"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {_without_secrets(key): starred(str(key), inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [starred("", inner, depth + 1) for inner in value]
    return _without_secrets(value)


def _without_secrets(value: Any) -> str:
    return _SECRET_SHAPES.sub(lambda found: f"{found['before'] or ''}***", str(value))


def _quieten(level: str) -> None:
    """Libraries speak up from warnings on: their chatter may hold addresses and bodies that are secret."""
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _CELERY_CHATTER:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
