"""The pages for people, a module each: it says where its addresses are, asks the database, and shows a view.

A page module offers `ROUTES`. What it shows is decided in the module of the same name in `ops.dashboard.views`, which
is pure; what it reads comes from the one in `ops.store.pages`.
"""

from __future__ import annotations

from starlette.routing import Route

from ops.dashboard.pages import (
    accounts,
    articles,
    audit_log,
    channel_editing,
    channels,
    deliveries,
    entities,
    feed_lists,
    feeds,
    installation,
    live,
    look,
    overview,
    settings,
    silences,
    stories,
    subscriptions,
    tokens,
    topic_applying,
    topic_editing,
    topic_sharing,
    topics,
    workers,
)

ROUTES: tuple[Route, ...] = (
    *overview.ROUTES,
    *live.ROUTES,
    *topic_applying.ROUTES,
    *topic_editing.ROUTES,
    *topic_sharing.ROUTES,
    *topics.ROUTES,
    *stories.ROUTES,
    *articles.ROUTES,
    *subscriptions.ROUTES,
    *channels.ROUTES,
    *channel_editing.ROUTES,
    *silences.ROUTES,
    *deliveries.ROUTES,
    *feed_lists.ROUTES,
    *feeds.ROUTES,
    *workers.ROUTES,
    *settings.ROUTES,
    *accounts.ROUTES,
    *audit_log.ROUTES,
    *entities.ROUTES,
    *installation.ROUTES,
    *look.ROUTES,
    *tokens.ROUTES,
)
"""All addresses of all pages."""
