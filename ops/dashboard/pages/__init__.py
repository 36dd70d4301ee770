"""The pages for people, a module each: it says where its addresses are, asks the database, and shows a view.

A page module offers `ROUTES`. What it shows is decided in the module of the same name in `ops.dashboard.views`, which
is pure; what it reads comes from the one in `ops.store.pages`.
"""

from __future__ import annotations

from starlette.routing import Route

from ops.dashboard.pages import overview, topic_editing, topics

ROUTES: tuple[Route, ...] = (*overview.ROUTES, *topics.ROUTES, *topic_editing.ROUTES)
"""All addresses of all pages."""
