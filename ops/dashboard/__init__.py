"""The pages for people and the readiness for machines, in one small web process.

Pages are made on the server and work without JavaScript; nothing on them comes from another host.
"""

from __future__ import annotations

from starlette.applications import Starlette

from ops.health import checks
from worker.settings import Settings
from worker.store.engine import open_engine


def make_app(settings: Settings) -> Starlette:
    """This installation's web process. Raises Unavailable where no database is named and nothing runs."""
    # kit brings the workers' half along; whoever wants only a page's parts must not pay for that
    from ops import kit  # noqa: PLC0415
    from ops.dashboard.app import build  # noqa: PLC0415
    from ops.dashboard.context import Context  # noqa: PLC0415
    from ops.outbox import make_outbox  # noqa: PLC0415
    from ops.slack.app import slack_app  # noqa: PLC0415
    from ops.tools import make_kit  # noqa: PLC0415

    engine = kit.engine(settings, pool_size=6)
    return build(
        Context(
            engine=engine,
            checks=checks(open_engine(kit.database(settings), pooled=False), settings.redis_url),
            clock=kit.clock,
            version=kit.our_version(),
            public_url=settings.public_url,
            keys=kit.keyring(settings),
            slack=slack_app(settings),
            outbox=make_outbox(settings, make_kit(settings, database=engine)),
            metrics_for=settings.metrics,
            api_token=settings.api_token,
            settings=settings,
        )
    )
