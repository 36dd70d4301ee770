"""A sample newsroom, a fake Slack and a mail sink: the world around Pantau, small enough for one process.

    schedule = sample()                      what the reporters will write, and which topics it must match
    newsroom = Newsroom(schedule)            the site: feeds, pages, a compressed clock
    slack = SlackSink(once_each())           the receivers, with their misbehaviour scripted
    workspace = SlackApi()                   Slack's Web API, for an app with a token
    mail = MailSink()

    with running(newsroom.app()) as site, running(slack.app()) as hooks, mail.listening() as smtp:
        asyncio.run(newsroom.run(every=1.5))

Everything here listens on loopback only. `tally` counts what the receivers were told, so that a run
can be held against `schedule.truth`.
"""

from ops.newsroom.mail_sink import MailMessage, MailSink
from ops.newsroom.model import Expectation, Furniture, Manners, Outlet, Revision, Schedule, Story
from ops.newsroom.running import running
from ops.newsroom.sample import sample
from ops.newsroom.script import Accept, Complain, Garble, HangUp, Refuse, RefuseAtEnd, Script
from ops.newsroom.site import Newsroom
from ops.newsroom.slack_api import SlackApi
from ops.newsroom.slack_room import RoomMessage
from ops.newsroom.slack_sink import SlackMessage, SlackSink, once_each
from ops.newsroom.slack_text import plain

__all__ = [
    "Accept",
    "Complain",
    "Expectation",
    "Furniture",
    "Garble",
    "HangUp",
    "MailMessage",
    "MailSink",
    "Manners",
    "Newsroom",
    "Outlet",
    "Refuse",
    "RefuseAtEnd",
    "Revision",
    "RoomMessage",
    "Schedule",
    "Script",
    "SlackApi",
    "SlackMessage",
    "SlackSink",
    "Story",
    "once_each",
    "plain",
    "running",
    "sample",
]
