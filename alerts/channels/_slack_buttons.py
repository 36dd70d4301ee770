"""The buttons below an article in Slack: what a reader thinks of it, peace from it, and why it came.

Slack sends back the block's id and the button's value with a click, so both are no more than names: the server
looks up what they stand for and whether the one who clicked may do it.
https://docs.slack.dev/reference/block-kit/blocks/actions-block
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from alerts.model import Item, Letter

LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "relevant": "Relevant",
            "not_relevant": "Not relevant",
            "mute_story": "Mute story",
            "mute_topic": "Mute topic 8 h",
            "why": "Why?",
        },
        "id": {
            "relevant": "Relevan",
            "not_relevant": "Tidak relevan",
            "mute_story": "Bisukan berita ini",
            "mute_topic": "Bisukan topik 8 jam",
            "why": "Mengapa?",
        },
    }
)
"""The actions, with what stands on their buttons in each language."""


def with_buttons(said: Mapping[str, Any], letter: Letter, key: str) -> dict[str, Any]:
    """The message of this key with buttons at its end, where it has blocks and tells of one article that we keep."""
    if "blocks" not in said or letter.kind != "article" or len(letter.items) != 1:
        return dict(said)
    (item,) = letter.items
    if not item.article:  # a test message tells of none
        return dict(said)
    actions = {"type": "actions", "block_id": f"pantau:{key}", "elements": list(_buttons(item, letter))}
    return {**said, "blocks": [*said["blocks"], actions]}


def _buttons(item: Item, letter: Letter) -> Iterator[dict[str, Any]]:
    for action, label in LABELS[letter.language].items():
        if action == "mute_story" and item.story is None:
            continue
        yield {
            "type": "button",
            "action_id": action,
            "value": str(item.article),
            "text": {"type": "plain_text", "text": label, "emoji": False},
        }
