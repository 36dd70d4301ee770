"""The watchlist: the file that declares feeds, topics, entities, channels and subscriptions.

read_watchlist(path)           | the file's text, or BadInput
parse_watchlist(text, file)    | a Watchlist, or every complaint at once
read_items(tables)             | the same for what a form or a program gives
secrets_of(watchlist), resolve | references become secrets, in the process that applies
changes(declared, stored)      | what applying would do, item by item
write_watchlist(watchlist)     | the export: text that parses back to the same values
"""

from ops.watchlist.diff import (
    Changes,
    FieldChange,
    Item,
    as_json,
    as_text,
    as_written,
    changes,
    known_after,
    known_names,
)
from ops.watchlist.model import (
    BadWatchlist,
    Complaint,
    DeclaredChannel,
    DeclaredEntity,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    FromEnv,
    FromFile,
    Given,
    Known,
    Reference,
    Snapshot,
    Stored,
    Watchlist,
    default_subscription_name,
)
from ops.watchlist.parse import parse_entities, parse_watchlist, read_items
from ops.watchlist.read import load_watchlist, read_secret_file, read_watchlist
from ops.watchlist.references import SecretAt, parse_reference, resolve, secrets_of
from ops.watchlist.write import write_watchlist

__all__ = [
    "BadWatchlist",
    "Changes",
    "Complaint",
    "DeclaredChannel",
    "DeclaredEntity",
    "DeclaredFeed",
    "DeclaredSubscription",
    "DeclaredTopic",
    "FieldChange",
    "FromEnv",
    "FromFile",
    "Given",
    "Item",
    "Known",
    "Reference",
    "SecretAt",
    "Snapshot",
    "Stored",
    "Watchlist",
    "as_json",
    "as_text",
    "as_written",
    "changes",
    "default_subscription_name",
    "known_after",
    "known_names",
    "load_watchlist",
    "parse_entities",
    "parse_reference",
    "parse_watchlist",
    "read_items",
    "read_secret_file",
    "read_watchlist",
    "resolve",
    "secrets_of",
    "write_watchlist",
]
