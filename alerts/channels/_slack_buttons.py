"""The buttons below an article in Slack: what a reader thinks of it, peace from it, and why it came.

Slack sends back the block's id and the button's value with a click, so both are no more than names: the server
looks up what they stand for and whether the one who clicked may do it.
https://docs.slack.dev/reference/block-kit/blocks/actions-block
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.letter import say
from alerts.model import Item, Letter


def with_buttons(said: Mapping[str, Any], letter: Letter) -> dict[str, Any]:
    """The message with buttons at its end, where it has blocks and tells of one article that we keep."""
    if "blocks" not in said or letter.kind != "article" or len(letter.items) != 1:
        return dict(said)
    (item,) = letter.items
    if not item.article:  # a test message tells of none
        return dict(said)
    actions = {
        "type": "actions",
        "block_id": f"pantau:{letter.key}",
        "elements": list(_buttons(item, letter)),
    }
    return {**said, "blocks": [*said["blocks"], actions]}


def _buttons(item: Item, letter: Letter) -> Iterator[dict[str, Any]]:
    actions = ("relevant", "not_relevant", "mute_story", "mute_topic", "why")
    for action in actions:
        if action == "mute_story" and item.story is None:
            continue
        yield {
            "type": "button",
            "action_id": action,
            "value": str(item.article),
            "text": {"type": "plain_text", "text": say(letter, f"button_{action}"), "emoji": False},
        }
