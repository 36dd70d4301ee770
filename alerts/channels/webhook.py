"""A signed POST of JSON to any program, after Standard Webhooks (https://www.standardwebhooks.com).

    webhook-id          the delivery's key, the same on every try: who has seen it answers 2xx and drops it
    webhook-timestamp   seconds since 1970 of this try
    webhook-signature   "v1," and base64 of HMAC-SHA256 over "id.timestamp.body", one for each secret

The body, at most 64 KB of UTF-8 JSON:

    {"type": "pantau.article",            article, followup, rollup, digest, quiet, backlog or notice
     "timestamp": "2026-11-23T07:02:11Z",
     "data": {
       "key": "…",                        the same as webhook-id
       "kind": "article",                 the same as in type
       "thread": null,                    of a followup {"key", "title"}: its story's first message here
       "summary": "[NATO] Title",         the letter in one line
       "topics": ["NATO"],
       "subscriptions": ["desk, at once"],
       "possible_repeat": false,
       "articles": [{"title", "url", "source", "topics", "quote", "marks", "published", "seen", "language",
                     "summary_only", "story"}],
                                          marks: [start, end] of the matched words in quote, in code points;
                                          url, published, seen, language and story may be null; times RFC 3339
                                          UTC; story: a number that articles on the same event share
       "coverage": [{"story", "articles", "outlets", "languages"}],
                                          how widely each story is told, as far as this channel has heard
       "notice": [],                      of a notice, its sentences
       "more": 0}}                        articles that did not fit

Where that grows too large all quotes are left out ("quote" is "" then); where it still is, an article is no
more than title, url, topics and story. Fields may be added; none is taken away.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from alerts.channel import Answer, Blocked, Channel, Later, MailReply, Sent, Simpler, Verdict
from alerts.channels._http import complaint_about, judge_failure, judge_gone, retry_after
from alerts.foreign import plain_text, runs, safe_link
from alerts.letter import subject, title
from alerts.model import Channel as ChannelRow
from alerts.model import Item, Letter
from worker.wire import Failure, Reply, Request

LARGEST_BODY = 64 * 1024
_QUOTE = 1000
_MOST_STORIES = 200  # as many as a message has articles; 12 KB of the body
_PREFIX = "whsec_"


class Webhook:
    """A program hears each letter; it can tell a repeat by its id, so a lost answer is simply tried again."""

    kind = "webhook"
    credential: str | None = None
    threads = False
    recognises: Literal[True] = True

    def check(self, to: str, options: Mapping[str, str]) -> str | None:  # noqa: ARG002 - the contract's
        """Whether `to` is an address to post to; whether it may be reached is for the door to say."""
        return complaint_about(to)

    def compose(self, letter: Letter, channel: ChannelRow) -> Request:
        """The letter as signed JSON; without the quotes once the receiver has refused the full form."""
        moment = str(int(letter.now.timestamp()))
        body = payload(letter)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": letter.key,
            "webhook-timestamp": moment,
        }
        signed = signatures(channel.secret.reveal(), letter.key, moment, body)
        if signed:
            headers["webhook-signature"] = signed
        return Request(channel.to.reveal(), "POST", headers, body, max_bytes=4096, max_redirects=0)

    def judge(self, answer: Answer) -> Verdict:
        """Any 2xx is a yes; what may or may not have arrived is tried again under the same id."""
        match answer:
            case Reply():
                return _judge(answer)
            case Failure():
                verdict = judge_failure(answer)
                return verdict if isinstance(verdict, Blocked) else Later(answer.reason)
            case MailReply():
                raise TypeError("a webhook is not answered by mail servers")


def _judge(reply: Reply) -> Verdict:
    code = f"http_{reply.status}"
    match reply.status:
        case status if 200 <= status < 300:
            return Sent()
        case 429 | 503:
            pause = retry_after(reply.headers)
            return Later(code, pause, whole_channel=reply.status == 429 or pause is not None)
        case 408 | 425:
            return Later(code)
        case status:
            return judge_gone(reply) or (Simpler(code) if 400 <= status < 500 else Later(code))


def signatures(secrets: str, key: str, moment: str, body: bytes) -> str:
    """One signature for each secret (blanks between them, while they are being changed); "" without any."""
    signed = f"{key}.{moment}.".encode() + body
    digests = (hmac.new(signing_key(secret), signed, hashlib.sha256).digest() for secret in secrets.split())
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


def signing_key(secret: str) -> bytes:
    """The bytes to sign with: base64 after "whsec_", any other secret as it is written."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            pass
    return secret.encode()


def payload(letter: Letter) -> bytes:
    """The body, within its 64 KB: in the first form that fits, else with as many of the short ones as do."""
    room = LARGEST_BODY - len(_json(_envelope(letter, [], len(letter.items))))
    forms = (_full, _without_quote, _short)
    articles: list[dict[str, Any]] = []
    for form in forms[1:] if letter.simpler else forms:
        articles = [form(item, letter) for item in letter.items]
        if len(_json(articles)) <= room:
            break
    fitting = _fitting(articles, room)
    return _json(_envelope(letter, fitting, len(articles) - len(fitting)))


def _envelope(letter: Letter, articles: list[dict[str, Any]], more: int) -> dict[str, Any]:
    topics = letter.topics or tuple(topic for item in letter.items for topic in item.topics)
    data = {
        "key": letter.key,
        "kind": letter.kind,
        "thread": _thread(letter),
        "summary": subject(letter),
        "topics": _names(topics),
        "subscriptions": _names(letter.subscriptions),
        "possible_repeat": letter.possible_repeat,
        "articles": articles,
        "coverage": _coverage(letter),
        "notice": [plain_text(sentence, 1000) for sentence in letter.notice[:20]],
        "more": more,
    }
    return {"type": f"pantau.{letter.kind}", "timestamp": _moment(letter.now), "data": data}


def _thread(letter: Letter) -> dict[str, str] | None:
    if letter.thread is None:
        return None
    return {"key": letter.thread.key, "title": plain_text(letter.thread.title, 250)}


def _coverage(letter: Letter) -> list[dict[str, int]]:
    return [
        {
            "story": int(story),
            "articles": told.articles,
            "outlets": told.outlets,
            "languages": told.languages,
        }
        for story, told in list(letter.coverage.items())[:_MOST_STORIES]
    ]


def _fitting(articles: list[dict[str, Any]], room: int) -> list[dict[str, Any]]:
    kept = []
    for article in articles:
        room -= len(_json(article)) + 1
        if room < 0:
            break
        kept.append(article)
    return kept


def _short(item: Item, letter: Letter) -> dict[str, Any]:
    return {
        "title": title(item, letter, 80),
        "url": safe_link(item.url),
        "topics": _names(item.topics)[:3],
        "story": item.story,
    }


def _without_quote(item: Item, letter: Letter) -> dict[str, Any]:
    return {
        "title": title(item, letter),
        "url": safe_link(item.url),
        "source": plain_text(item.source, 200),
        "topics": _names(item.topics),
        "quote": "",
        "marks": [],
        "published": _moment(item.published_at),
        "seen": _moment(item.seen_at),
        "language": None if item.language is None else plain_text(item.language, 35),
        "summary_only": item.summary_only,
        "story": item.story,
    }


def _full(item: Item, letter: Letter) -> dict[str, Any]:
    quote, marks = _quote(item)
    return {**_without_quote(item, letter), "quote": quote, "marks": marks}


def _quote(item: Item) -> tuple[str, list[list[int]]]:
    quote, marks = "", []
    for piece, marked in runs(item.quote, item.marks, _QUOTE):
        if marked:
            marks.append([len(quote), len(quote) + len(piece)])
        quote += piece
    return quote, marks


def _names(names: tuple[str, ...]) -> list[str]:
    return [plain_text(name, 100) for name in list(dict.fromkeys(names))[:20]]


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


channel: Channel = Webhook()
