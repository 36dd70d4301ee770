"""Slack through an incoming webhook: anybody can set it up, and it can not be asked what it has received."""

from __future__ import annotations

import json
from collections.abc import Mapping

from alerts.channel import Answer, Channel, Later, MailReply, Sent, Simpler, Unsure, Verdict
from alerts.channels._http import answer_code, complaint_about, judge_failure, judge_gone, retry_after
from alerts.channels._slack_blocks import message
from alerts.channels._slack_errors import meaning
from alerts.model import Channel as ChannelRow
from alerts.model import Letter
from worker.wire import Failure, Reply, Request


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
    pause = retry_after(reply.headers)
    if reply.status == 429:
        return Later(code, pause, whole_channel=True)
    if known := meaning(code, pause, "channel"):
        return known
    if gone := judge_gone(reply):
        return gone
    if reply.status in (400, 413):
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
