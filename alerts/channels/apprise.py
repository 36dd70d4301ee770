"""Apprise: whatever its services reach, from phones to chat rooms (https://appriseit.com), where it is installed.

Apprise says only whether a service took a message, not why not, so a refusal may be a lost answer: it is in doubt, and
the subscription's `on_doubt` decides. What its addresses may hold is listed here, service by service and parameter by
parameter: others read files (`template=`, `attach=`), turn certificates off (`verify=no`), follow redirects, retry by
themselves, or speak to this very machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from alerts.channel import Answer, Blocked, Channel, Later, MailReply, Push, Sent, Unsure, Verdict
from alerts.channels._http import answer_code, judge_failure, judge_gone, retry_after
from alerts.letter import facts, plain_text, safe_link, say, subject, title
from alerts.model import Channel as ChannelRow
from alerts.model import Item, Letter
from worker.wire import Failure, Reply

_VENDORS = """
    bulksms chanify clickatell clicksend d7sms dingtalk discord feishu flock gchat groupme guilded ifttt ilert
    incidentio join lark line msgbird nexmo notifiarr onesignal pagertree pbul plivo pover prowl push pushed pushy
    seven signl4 simplepush spike splunk spush telnyx tgram threema victorops viber vonage webex wxteams zalo
"""
_HOSTED = "bark barks gotify gotifys mmost mmosts nctalk nctalks ntfy ntfys rocket rockets"
_HARMLESS = "auth botname channel channels priority silent sound tags team thread to token topic"

VENDORS = frozenset(_VENDORS.split())
"""Services whose host stands in Apprise and not in the address (a test asks Apprise)."""
HOSTED = frozenset(_HOSTED.split())
"""Services that people run themselves: the host is in the address, and is checked before each message."""
_PARAMETERS = frozenset(_HARMLESS.split())
_LONGEST = 2000
_TOGETHER = 3  # so many articles are told with their sentences, more by title and link alone


class Apprise:
    """Title and text; what is longer than a service takes in one message, Apprise sends in several."""

    kind = "apprise"
    credential: str | None = None
    threads = False

    def check(self, to: str, options: Mapping[str, str]) -> str | None:  # noqa: ARG002 - the contract's
        """Whether `to` is the address of a service that is served, with nothing in it that is not."""
        return complaint_about(to)

    def compose(self, letter: Letter, channel: ChannelRow) -> Push:
        """The letter as a title and lines of text."""
        return Push(channel.to.reveal(), subject(letter), "\n".join(_lines(letter)))

    def judge(self, answer: Answer) -> Verdict:
        """Apprise's word, as the door puts it."""
        match answer:
            case Reply(status=200):
                return Sent()
            case Reply(status=429):
                return Later(answer_code(answer), retry_after(answer.headers), whole_channel=True)
            case Reply():
                return judge_gone(answer) or Unsure(answer_code(answer))
            case Failure(reason="not_installed"):
                return Blocked("apprise_not_installed", "channel")
            case Failure(reason="not_taken"):
                return Unsure("not_taken")
            case Failure():
                return judge_failure(answer)
            case MailReply():
                raise TypeError("Apprise is not spoken to over SMTP")


def complaint_about(to: str) -> str | None:
    """Why `to` can not be used, as a sentence that does not show its secrets; None if it can."""
    try:
        parts = urlsplit(to)
        parameters = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        return "the address cannot be read; write it as Apprise's documentation shows it"
    scheme = plain_text(parts.scheme, 30)
    if not to.isascii() or any(sign.isspace() or not sign.isprintable() for sign in to) or "," in to:
        return "the address has blanks, commas or letters beyond ASCII; write one address, %-encoded"
    if scheme not in VENDORS | HOSTED:
        served = ", ".join(sorted(VENDORS | HOSTED))
        return f'the service "{scheme}" is not served through Apprise; served are {served}'
    if not parts.netloc or len(to) > _LONGEST:
        return f"the address names nobody, or is longer than {_LONGEST} characters"
    refused = sorted({plain_text(name, 30) for name, _ in parameters if name not in _PARAMETERS})
    if refused or parts.fragment:
        named = ", ".join(refused) or "#"
        return f"the address has {named}, which may read files, weaken TLS or lead elsewhere; leave it out"
    return None


def _lines(letter: Letter) -> Iterator[str]:
    """Everything that a reader needs; the title is told apart."""
    if letter.possible_repeat:
        yield say(letter, "repeat_note")
    yield from (plain_text(sentence, 500) for sentence in letter.notice)
    if len(letter.items) > _TOGETHER:
        for item in letter.items:
            yield from _briefly(item, letter)
        return
    for number, item in enumerate(letter.items):
        yield from ["", *_wholly(item, letter)] if number else _wholly(item, letter)


def _wholly(item: Item, letter: Letter) -> Iterator[str]:
    yield title(item, letter)
    if item.quote and not letter.simpler:
        yield f"“{plain_text(item.quote, 400)}”"
    yield " · ".join(facts(item, letter))
    yield from filter(None, [safe_link(item.url)])


def _briefly(item: Item, letter: Letter) -> Iterator[str]:
    noted = say(letter, "summary_only") if item.summary_only else ""
    yield " · ".join(filter(None, (title(item, letter, 160), plain_text(item.source, 40), noted)))
    yield from filter(None, [safe_link(item.url)])


channel: Channel = Apprise()
