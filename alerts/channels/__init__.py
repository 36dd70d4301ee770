"""The kinds of channel: one file each, found by being here.

A module whose name starts with an underscore holds what several kinds share, and is no kind itself.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType

from alerts.channel import Channel


@cache
def channels() -> Mapping[str, Channel]:
    """Every channel by its kind. Raises ImportError, naming the file, where one offers none."""
    names = (found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    return collect(import_module(f"{__name__}.{name}") for name in names)


def collect(modules: Iterable[ModuleType]) -> dict[str, Channel]:
    """The channels that the modules offer as `channel`. Raises ImportError, naming a module that does not."""
    offered: dict[str, Channel] = {}
    for module in modules:
        channel = getattr(module, "channel", None)
        kind = module.__name__.rpartition(".")[2]
        if getattr(channel, "kind", None) != kind or channel is None:
            raise ImportError(
                f'{module.__name__} offers no channel: end it with "channel: Channel = …" of kind "{kind}"'
            )
        offered[kind] = channel
    return offered
