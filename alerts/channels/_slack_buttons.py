"""The buttons below an article in Slack: what a reader thinks of it, peace from it, and why it came.

Slack sends back the block's id and the button's value with a click, so both are no more than names: the server
looks up what they stand for and whether the one who clicked may do it.
https://docs.slack.dev/reference/block-kit/blocks/actions-block
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alerts.model import Item, Letter
from alerts.words import say

ACTIONS = ("relevant", "not_relevant", "mute_story", "mute_topic", "why")


def with_buttons(said: Mapping[str, Any], letter: Letter, key: str) -> dict[str, Any]:
    """The message of this key with buttons at its end, where it has blocks and tells of one story that we keep; they
    mean its first article, whose title is the message's."""
    if "blocks" not in said or letter.kind != "article" or not _is_one_story(letter.items):
        return dict(said)
    first = letter.items[0]
    actions = {"type": "actions", "block_id": f"pantau:{key}", "elements": list(_buttons(first, letter))}
    return {**said, "blocks": [*said["blocks"], actions]}


def _is_one_story(items: Sequence[Item]) -> bool:
    """Whether all the articles are of one story; a test message tells of none."""
    if not items or not items[0].article:
        return False
    stories = {item.story for item in items}
    return len(items) == 1 or (len(stories) == 1 and None not in stories)


def _buttons(item: Item, letter: Letter) -> Iterator[dict[str, Any]]:
    for action in ACTIONS:
        if action == "mute_story" and item.story is None:
            continue
        yield {
            "type": "button",
            "action_id": action,
            "value": str(item.article),
            "text": {"type": "plain_text", "text": say(letter, f"button_{action}"), "emoji": False},
        }
