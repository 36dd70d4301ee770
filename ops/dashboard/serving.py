"""The HTTP server of the web process."""

from __future__ import annotations

import socket
from functools import partial

import uvicorn
from starlette.applications import Starlette


class Server(uvicorn.Server):
    """uvicorn, which would wait for open streams as for any answer that is under way: they end first."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen, and to learn what the first query would have to wait for."""
        await super().startup(sockets)
        app = self.config.app
        if isinstance(app, Starlette) and self.started:
            context = app.state.context
            context.errand(partial(context.knowing.learn, context.engine))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the streams, then everything else in order."""
        app = self.config.app
        if isinstance(app, Starlette):
            app.state.watch.close()
        await super().shutdown(sockets)
