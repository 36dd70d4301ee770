"""Slack through an incoming webhook: anybody can set it up, and it can not be asked what it has received."""

from __future__ import annotations

import json
from collections.abc import Mapping

from alerts.channel import Answer, Blocked, Channel, Later, MailReply, Sent, Simpler, Unsure, Verdict
from alerts.channels._http import answer_code, complaint_about, judge_failure, judge_gone, retry_after
from alerts.channels._slack_blocks import message
from alerts.model import Channel as ChannelRow
from alerts.model import Letter
from worker.wire import Failure, Reply, Request

_FORM = (
    *("invalid_payload", "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long"),
    *("no_text", "missing_text_or_fallback_or_attachments", "invalid_attachments", "too_many_attachments"),
)
_GONE = (
    *("no_service", "no_service_id", "no_team", "no_active_hooks", "invalid_token", "team_disabled"),
    *("channel_not_found", "channel_is_archived", "action_prohibited", "posting_to_general_channel_denied"),
    "user_not_found",
)
_PASSING = ("rate_limited", "ratelimited", "service_unavailable", "rollup_error")


class SlackWebhook:
    """One message per letter: linked title, the sentence with the words in bold, where and when."""

    kind = "slack_webhook"
    credential: str | None = None
    threads = False
    pace_s = 1.0

    def check(self, to: str, options: Mapping[str, str]) -> str | None:  # noqa: ARG002 - the contract's
        """Whether `to` is an address to post to; whether it may be reached is for the door to say."""
        return complaint_about(to)

    def compose(self, letter: Letter, channel: ChannelRow) -> Request:
        """The letter as a post to the hook; from the first refusal on as mere text."""
        return Request(
            url=channel.to.reveal(),
            method="POST",
            headers={"Content-Type": "application/json"},
            body=json.dumps(message(letter), separators=(",", ":")).encode(),
            max_bytes=4096,
            max_redirects=0,
        )

    def judge(self, answer: Answer) -> Verdict:
        """Slack's answer: a status with a word as its body, and only 200 with "ok" is a yes (or what
        compatible receivers say instead).

        https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
        """
        match answer:
            case Reply():
                return _judge(answer, answer_code(answer))
            case Failure():
                return judge_failure(answer)
            case MailReply():
                raise TypeError("a Slack webhook is not answered by mail servers")


def _judge(reply: Reply, code: str) -> Verdict:
    if reply.status == 200:
        return Sent() if _is_yes(reply.body) else Unsure("unexpected_answer")
    if reply.status == 429:
        return Later(code, retry_after(reply.headers), whole_channel=True)
    if code in _PASSING:
        return Later(code, retry_after(reply.headers))
    if code in _GONE:
        return Blocked(code, "channel")
    if gone := judge_gone(reply):
        return gone
    if code in _FORM or reply.status in (400, 413):
        return Simpler(code)
    # 5xx, 408, and what Slack has not told us about: it may have posted the message all the same.
    return Unsure(code)


def _is_yes(body: bytes) -> bool:
    """Slack says "ok"; receivers with Slack's interface say nothing, or answer in JSON (Rocket.Chat:
    `{"success":true}`). A page of HTML comes from somebody in between."""
    if body.strip() in (b"ok", b""):
        return True
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and False not in (answer.get("ok"), answer.get("success"))


channel: Channel = SlackWebhook()
