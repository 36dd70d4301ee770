"""The app's manifest, with and without what needs an address that Slack can reach."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from ops.slack.access import LOOKS, POSTS
from ops.slack.manifest import manifest

NEEDED = {POSTS, *LOOKS}


def read(public_url: str | None) -> dict[str, Any]:
    text = manifest(public_url)
    assert "PANTAU_" not in text
    assert "public>" not in text
    content: dict[str, Any] = YAML(typ="safe").load(text)
    return content


def test_with_a_public_address_there_are_buttons_and_a_command() -> None:
    content = read("https://pantau.example")
    hook = "https://pantau.example/hooks/slack"
    assert content["settings"]["interactivity"] == {"is_enabled": True, "request_url": hook}
    assert [(each["command"], each["url"]) for each in content["features"]["slash_commands"]] == [
        ("/pantau", hook)
    ]
    assert set(content["oauth_config"]["scopes"]["bot"]) == {*NEEDED, "commands"}


@pytest.mark.parametrize("public_url", [None, "http://pantau.lan:8484"])
def test_without_one_the_app_posts_and_looks_and_no_more(public_url: str | None) -> None:
    content = read(public_url)
    assert set(content["oauth_config"]["scopes"]["bot"]) == NEEDED
    assert "interactivity" not in content["settings"]
    assert set(content["features"]) == {"bot_user"}


def test_slacks_limits_for_a_manifest_hold() -> None:
    """https://docs.slack.dev/reference/app-manifest"""
    content = read("https://pantau.example")
    assert len(content["display_information"]["name"]) <= 35
    assert len(content["display_information"]["description"]) <= 140
    assert len(content["features"]["bot_user"]["display_name"]) <= 80
    for command in content["features"]["slash_commands"]:
        assert len(command["command"]) <= 32
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
