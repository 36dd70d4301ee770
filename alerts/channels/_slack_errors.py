"""What Slack's error words mean for a message, whether a hook says them as its body or the Web API as `error`.

Words of https://docs.slack.dev/reference/methods/chat.postMessage, …/chat.update and
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Words of one kind stand together; a word
that is not here is in doubt, since nobody knows whether the message was posted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from alerts.channel import Astray, Blocked, Later, Simpler, Unsure, Verdict

UNKNOWN = "unknown_error"
"""Stands before a word that is not listed here, so that logs and ledger show what has to be added."""

_SLOW_DOWN = frozenset(("ratelimited", "rate_limited", "message_limit_exceeded"))
_PASSING = frozenset(("service_unavailable", "rollup_error", "team_added_to_org", "org_login_required"))
# Slack's own words on the first two: some part of the operation may have succeeded.
_IN_DOUBT = frozenset(("internal_error", "fatal_error", "request_timeout"))
_FORM = frozenset(
    (
        *(
            "invalid_blocks",
            "invalid_blocks_format",
            "msg_too_long",
            "msg_blocks_too_long",
            "blocks_too_long",
        ),
        *(
            "no_text",
            "missing_text_or_fallback_or_attachments",
            "too_many_attachments",
            "attachments_too_large",
        ),
        *(
            "invalid_attachments",
            "invalid_arguments",
            "invalid_arg_name",
            "invalid_array_arg",
            "invalid_charset",
        ),
        *("invalid_payload", "invalid_json", "json_not_object", "invalid_form_data", "invalid_post_type"),
        *(
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "metadata_too_large",
            "markdown_text_conflict",
        ),
    )
)
_ASTRAY = frozenset(
    (
        *(
            "thread_not_found",
            "invalid_thread_ts",
            "bad_timestamp",
            "cannot_reply_to_message",
            "thread_locked",
        ),
        *("restricted_action_thread_locked", "restricted_action_non_threadable_channel"),
        *("message_not_found", "cant_update_message", "edit_window_closed"),
    )
)
_CHANNEL = frozenset(
    (
        *("channel_not_found", "not_in_channel", "is_archived", "channel_is_archived", "is_inactive"),
        *(
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
        ),
        *("posting_to_general_channel_denied", "action_prohibited", "user_not_found", "cannot_dm_bot"),
        *("messages_tab_disabled", "method_not_supported_for_channel_type", "as_user_not_supported"),
        *("no_service", "no_service_id", "no_active_hooks", "invalid_token"),
    )
)
_SENDER = frozenset(
    (
        *(
            "invalid_auth",
            "not_authed",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "missing_scope",
        ),
        *("no_permission", "not_allowed_token_type", "ekm_access_denied", "access_denied", "accesslimited"),
        *(
            "team_access_not_granted",
            "enterprise_is_restricted",
            "team_disabled",
            "no_team",
            "upgrade_required",
        ),
        *("team_not_found", "app_access_restricted", "send_on_behalf_not_allowed"),
        *("two_factor_setup_required", "user_is_restricted", "metadata_must_be_sent_from_app"),
        *(
            "invalid_app_id",
            "app_not_installed",
            "unknown_method",
            "deprecated_endpoint",
            "method_deprecated",
        ),
    )
)


def meaning(word: str, pause: timedelta | None, sender: Literal["channel", "sender"]) -> Verdict | None:
    """The verdict that a word stands for; None for one that says nothing to us.

    `pause` is what the answer asks for; `sender` the scope of what ails the sender: a hook is its own.
    """
    if word in _SLOW_DOWN:
        return Later(word, pause, whole_channel=True)
    if word in _PASSING:
        return Later(word, pause)
    if word in _IN_DOUBT:
        return Unsure(word)
    if word in _FORM:
        return Simpler(word)
    if word in _ASTRAY:
        return Astray(word)
    if word in _CHANNEL:
        return Blocked(word, "channel")
    return Blocked(word, sender) if word in _SENDER else None
