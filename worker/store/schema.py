"""The world's tables. One MetaData for the whole product, so that one migration chain carries it."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    DDL,
    REAL,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Instant = DateTime(timezone=True)


def key() -> Column[int]:
    """A row's own number."""
    return Column("id", BigInteger, Identity(), primary_key=True)


def created() -> Column[object]:
    """When the row came to be, by the database's clock."""
    return Column("created_at", Instant, nullable=False, server_default=func.now())


def lease() -> tuple[Column[object], Column[int]]:
    """Who may work on the row, until when: the token grows with each claim and fences late finishers."""
    return (
        Column("lease_until", Instant, nullable=False, server_default=text("'epoch'")),
        Column("lease_token", BigInteger, nullable=False, server_default="0"),
    )


# What `worker.wire.site_of` says of the address that is polled: host and port, without the brackets of IPv6.
SITE_OF_FEED = r"""translate(regexp_replace(regexp_replace(regexp_replace(lower(coalesce(found_url, url)),
  '^https?://(\[[^]]*\]|[^/?#:]*):([0-9]+)([/?#].*)?$', '\1:\2'),
  '^http://(\[[^]]*\]|[^/?#:]*):?([/?#].*)?$', '\1:80'),
  '^https://(\[[^]]*\]|[^/?#:]*):?([/?#].*)?$', '\1:443'), '[]', '')"""

# What the self-test watches (`worker.self_test.OURS`) is `removed_at = 'epoch'`, here and in topics, channels and
# subscriptions: gone for whoever lists, counts, exports or compares what people watch. The desks alone know better.
feeds = Table(
    "feeds",
    metadata,
    key(),
    Column("url", Text, nullable=False),  # as the user gave it
    Column("found_url", Text),  # the feed discovered behind a site's address, or where it moved to
    Column("site", Text, Computed(SITE_OF_FEED, persisted=True)),  # its host and port
    Column("name", Text),
    Column("title", Text),  # the feed's own name
    Column("every_s", Float),  # the user's interval; null: adaptive
    Column("every_least_s", Float),  # the user's bounds of the adaptive interval
    Column("every_most_s", Float),
    Column("pace", JSONB),  # the user's pace for the feed's site: connections, per_second, burst
    Column("full_text", Boolean, nullable=False, server_default=text("true")),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("language", Text),
    Column("username", Text),
    Column("password_ref", Text),  # env:NAME, file:PATH or stored:ID, for the export
    Column("password", Text),  # sealed
    Column("headers", JSONB, nullable=False, server_default="{}"),  # by name, each {sealed, ref}
    Column("declared", Boolean, nullable=False, server_default=text("false")),  # by a watchlist
    Column("state", Text, nullable=False, server_default="new"),  # new ok failing gone paused
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", LargeBinary),
    Column("rhythm", JSONB, nullable=False, server_default="{}"),  # what the scheduler remembers
    Column("quirks", JSONB, nullable=False, server_default="{}"),  # what it makes up anew at each fetch
    Column("next_poll_at", Instant, nullable=False, server_default=func.now()),
    Column("next_poll_why", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_polled_at", Instant),
    Column("last_ok_at", Instant),
    Column("resumed_at", Instant),  # when a backup was restored, or a pause ended
    Column("paused_at", Instant),  # since when somebody has it polled no more, and who
    Column("paused_by", Text),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column(
        "polls", Text, nullable=False, server_default=""
    ),  # a letter for each of the last (polling.LETTERS)
    Column("pinged_at", Instant),  # when its hub last told of news
    Column("pushed_until", Instant),  # so long its hub is trusted, and polls are few
    Column("notice", Text),  # what is no error and should be known: where it moved to
    Column("removed_at", Instant),
    *lease(),
    created(),
    Index("ix_feeds_pace", "site", postgresql_where=text("pace IS NOT NULL AND removed_at IS NULL")),
    Index("uq_feeds_url", "url", unique=True, postgresql_where=text("removed_at IS NULL")),
    Index(
        "ix_feeds_found_url",
        "found_url",
        postgresql_where=text("found_url IS NOT NULL AND removed_at IS NULL"),
    ),
    Index(
        "ix_feeds_due",
        "next_poll_at",
        postgresql_where=text(
            "(removed_at IS NULL OR removed_at = 'epoch') AND state <> 'gone' AND state <> 'paused'"
        ),
    ),
    # A poll changes its feed twice: the claim takes the lease in place (HOT), as long as the page has room for it; the
    # settling moves next_poll_at, which ix_feeds_due covers, and never is. Of 20,000 polls 88 % of the claims were in
    # place with 70, 48 % with 100.
    postgresql_with={"fillfactor": 70},
)

hosts = Table(  # what all workers together may ask of a site: one row per host and port
    "hosts",
    metadata,
    Column("site", Text, primary_key=True),
    Column(
        "due_at", Instant, nullable=False, server_default=text("'epoch'")
    ),  # the next request's, at even pace
    Column(
        "leases", ARRAY(Instant), nullable=False, server_default="{}"
    ),  # until when its connections are taken
    Column("open_at", Instant, nullable=False, server_default=text("'epoch'")),  # nobody asks before
    Column("delay_s", Float),  # its robots.txt's Crawl-delay
    Column("paused_until", Instant, nullable=False, server_default=text("'epoch'")),
    Column("paused_why", Text),
    Column("ok_at", Instant),  # when a feed of it was last answered well
    Column("refusals", Integer, nullable=False, server_default="0"),  # since then, by 429 and 403
    # who pauses is rare, so that an answer changes nothing that is indexed, and its row in place
    Index("ix_hosts_paused_until", "paused_until", postgresql_where=text("paused_until > 'epoch'")),
    postgresql_with={"fillfactor": 50},  # changed with each request, in place
)

entries = Table(
    "entries",
    metadata,
    key(),
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), nullable=False),
    Column("guid", Text),
    Column("link", Text),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("authors", ARRAY(Text), nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("published_at", Instant),
    Column("seen_at", Instant, nullable=False),
    Column("backlog", Boolean, nullable=False),  # already in the feed when it was added
    Column("state", Text, nullable=False, server_default="new"),  # new read failed
    Column("reason", Text),
    Column(
        "attempts", Integer, nullable=False, server_default="0"
    ),  # readings begun; 3 = it kills its reader
    Column("article_id", BigInteger, ForeignKey("articles.id")),
    Column("text_hash", LargeBinary),  # of the feed's own words; null: of a version that kept none
    Column("markup_hash", LargeBinary),  # of the markup that these words stood in, when text_hash was made
    Column("edits", Integer, nullable=False, server_default="0"),  # how often the feed changed them since
    Column("edited_at", Instant),  # when the last of these was, or is, due to be read
    Column("page_tries", Integer, nullable=False, server_default="0"),  # of its page, all in vain so far
    Column("page_due_at", Instant),  # when the page is tried again; null: it was read, or is let be
    *lease(),
    Index("ix_entries_new", "backlog", "id", postgresql_where=text("state = 'new'")),
    Index("ix_entries_suspect", "id", postgresql_where=text("state = 'new' AND attempts > 0")),
    Index("ix_entries_set_aside", "id", postgresql_where=text("state = 'failed'")),
    Index("ix_entries_page_due_at", "page_due_at", postgresql_where=text("page_due_at IS NOT NULL")),
    Index("ix_entries_article_id", "article_id"),
    Index("ix_entries_feed_id", "feed_id", "seen_at"),
)

entry_keys = Table(  # every key under which a feed's entry is known: any one makes it known
    "entry_keys",
    metadata,
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("entry_id", BigInteger, ForeignKey("entries.id", ondelete="SET NULL")),  # null: forgotten since
    Column("seen", Date, nullable=False, server_default=text("CURRENT_DATE")),  # when the feed last showed it
    Index("ix_entry_keys_entry_id", "entry_id", postgresql_where=text("entry_id IS NOT NULL")),
)

gaps = Table(  # stretches of a feed that may not have been seen, and what became of them
    "gaps",
    metadata,
    key(),
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), nullable=False),
    Column("since", Instant, nullable=False),  # the last poll before
    Column("until", Instant, nullable=False),  # the poll that knew nothing of what it saw
    Column("at_most", Integer, nullable=False),  # entries that may be missing
    Column("state", Text, nullable=False, server_default="open"),  # open filled unfillable
    Column("ways", JSONB, nullable=False, server_default="[]"),  # documents to ask next
    Column("asked", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),  # failures of the first way
    Column("recovered", Integer, nullable=False, server_default="0"),
    Column("how", Text),  # the document that brought entries back
    Column("reason", Text),
    Column("due_at", Instant, nullable=False, server_default=func.now()),
    Column("ended_at", Instant),
    Index("uq_gaps_open", "feed_id", unique=True, postgresql_where=text("state = 'open'")),
    Index("ix_gaps_due", "due_at", postgresql_where=text("state = 'open'")),
    Index("ix_gaps_feed_id", "feed_id", "until"),
    Index("ix_gaps_until", "until"),
)

habits = Table(  # how each feed usually brings news through the week, and whether it is silent
    "habits",
    metadata,
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), primary_key=True),
    Column("began_at", Instant, nullable=False),  # watched since
    Column("look_at", Instant, nullable=False),  # when silence would be remarkable, or to learn anew
    Column("learned_at", Instant),
    Column("per_hour", ARRAY(REAL)),  # 168 hours of the week
    Column("entries_per_arrival", REAL),
    Column("uneven", REAL),
    Column("longest", REAL),
    Column("silent_since", Instant),  # its last entry, while it is silent
    Column("missing", Integer),  # entries that would normally have come since
    Column("told_at", Instant),
    Index("ix_habits_look_at", "look_at"),
    Index("ix_habits_silent_since", "silent_since", postgresql_where=text("silent_since IS NOT NULL")),
)

websub = Table(  # what was asked of hubs: they tell of a feed's news at our callback
    "websub",
    metadata,
    key(),
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), nullable=False),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),  # the feed, as the hub calls it
    Column("base", Text, nullable=False),  # the public address that the callback was made with
    Column("token_hash", LargeBinary, nullable=False),  # SHA-256 of the last part of the callback
    Column("token", Text, nullable=False),  # sealed
    Column("secret", Text, nullable=False),  # sealed; signs what the hub sends
    Column("state", Text, nullable=False, server_default="wanted"),  # wanted asked live refused leaving
    Column("due_at", Instant, nullable=False, server_default=func.now()),
    Column("asked_at", Instant),  # while the hub has not come back to ask whether it was us
    Column("live_until", Instant),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("pinged_at", Instant),
    *lease(),
    created(),
    UniqueConstraint("feed_id"),
    UniqueConstraint("token_hash"),
    Index("ix_websub_due_at", "due_at"),
)

# The words of an article that people search for, whatever its language: no stems, and no more of a text than a long
# article has. The price keeps the server from making them while it searches, which takes 0.3 ms an article; the path
# keeps it from taking the function apart, price and all.
ARTICLE_WORDS = """
CREATE FUNCTION article_words(title text, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 50000 SET search_path = pg_catalog
AS $$ SELECT to_tsvector('simple', left(title, 1000) || ' ' || left(body, 50000)) $$
"""
event.listen(metadata, "before_create", DDL(ARTICLE_WORDS))  # type: ignore[no-untyped-call]

stories = Table(  # events that articles tell of; they decide what is told together, and never what is told
    "stories",
    metadata,
    key(),
    Column("title", Text, nullable=False),  # of its first article
    Column("first_at", Instant, nullable=False),  # when its first and its latest article were seen
    Column("last_at", Instant, nullable=False),
    Column("articles", Integer, nullable=False, server_default="1"),
    Column("merged_into", BigInteger, ForeignKey("stories.id")),  # where a person has put all of it
    Index("ix_stories_last_at", "last_at"),
    Index("ix_stories_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
)

articles = Table(
    "articles",
    metadata,
    key(),
    Column("identity", Text, nullable=False),  # canonical address, or the entry's own key where there is none
    Column("url", Text, nullable=False),
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), nullable=False),  # the feed that brought it first
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", Text),
    Column("authors", ARRAY(Text), nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("published_at", Instant),
    Column("seen_at", Instant, nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("backlog", Boolean, nullable=False),
    Column("method", Text, nullable=False),  # extracted … json-ld feed
    Column("summary_only", Boolean, nullable=False),
    Column("page_problem", Text),  # why the page could not be had
    Column("topic_set", BigInteger),  # the last change of topics that its reader had taken in
    Column("via", Text),  # the aggregator whose link led to it
    Column("notes", JSONB, nullable=False, server_default="{}"),  # how its page was had and read
    Column("reread_at", Instant),  # when a later reading replaced the text of the first
    Column(
        "story_id", BigInteger, ForeignKey("stories.id")
    ),  # null until planned, and where no topic touches it
    Column("copy_of", BigInteger, ForeignKey("articles.id")),  # the first article with the same text
    Column("story_reason", JSONB),  # why it is in its story: {reason, like, likeness, shared}
    UniqueConstraint("identity"),
    Index("ix_articles_read_at", "read_at"),
    Index("ix_articles_feed_id", "feed_id", "id"),
    Index("ix_articles_words", text("article_words(title, body)"), postgresql_using="gin"),
    Index("ix_articles_story_id_id", "story_id", "id", postgresql_where=text("story_id IS NOT NULL")),
    Index("ix_articles_copy_of", "copy_of", postgresql_where=text("copy_of IS NOT NULL")),
)

kept_apart = Table(  # what a person took out of a story: neither it nor a copy of it is put there again
    "kept_apart",
    metadata,
    Column("article_id", BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("story_id", BigInteger, ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_kept_apart_story_id", "story_id"),
)

sketches = Table(  # what recent articles are compared by, of those that a topic touches
    "sketches",
    metadata,
    Column(
        "article_id",
        BigInteger,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("edition", Integer, nullable=False),  # of the way to make sketches
    Column("at", Instant, nullable=False),  # when it was seen; of backlog, when it was published
    Column("language", Text),
    Column("places", LargeBinary, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("bands", ARRAY(BigInteger), nullable=False),
    Column("terms", ARRAY(Text), nullable=False),
    Column("weights", ARRAY(REAL), nullable=False),
    Column("keys", ARRAY(Text), nullable=False),  # the terms by which it is found
    Column("founding", ARRAY(Text)),  # its terms, where it began a story: what ANALYZE counts
    Index("ix_sketches_at", "at"),
    # What lies in the pending list of such an index is walked through by every search, 12 ms for 800 sketches.
    Index("ix_sketches_bands", "bands", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    Index("ix_sketches_keys", "keys", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    postgresql_with={"fillfactor": 80},  # founding is filled in in place (HOT)
)

readings = Table(  # what an article said before a later reading replaced it
    "readings",
    metadata,
    key(),
    Column("article_id", BigInteger, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", Text),
    Column("method", Text, nullable=False),
    Column("summary_only", Boolean, nullable=False),
    Column("page_problem", Text),
    Index("ix_readings_article_id", "article_id", "id"),
)

blocks = Table(  # paragraphs that a site repeats from article to article
    "blocks",
    metadata,
    Column("site", Text, primary_key=True),
    Column("print", BigInteger, primary_key=True, autoincrement=False),  # of its words; 0: the site itself
    Column("articles", Integer, nullable=False, server_default="1"),  # different ones that it stood in
    Column("last_seen_at", Instant, nullable=False),
    Index("ix_blocks_last_seen_at", "last_seen_at"),
    postgresql_with={"fillfactor": 80},  # counted up in place (HOT)
)

topic_changes = Sequence("topic_changes", metadata=metadata)  # of topics, and of the entities they name

topics = Table(
    "topics",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("declared", Boolean, nullable=False, server_default=text("false")),
    Column("change", BigInteger, nullable=False, server_default=text("nextval('topic_changes')")),
    Column("removed_at", Instant),
    created(),
    Index("uq_topics_name", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
    Index("ix_topics_change", "change"),
)

entities = Table(  # named things of the users' own, beside those that Pantau brings
    "entities",
    metadata,
    key(),
    Column("key", Text, nullable=False),  # what a query writes after the @
    Column("origin", Text, nullable=False),  # watchlist, or folder
    Column("said", JSONB, nullable=False),  # as a pack of entities says it
    Column("change", BigInteger, nullable=False, server_default=text("nextval('topic_changes')")),
    Column("removed_at", Instant),
    created(),
    Index("uq_entities_key", "key", "origin", unique=True, postgresql_where=text("removed_at IS NULL")),
    Index("ix_entities_change", "change"),
)

matches = Table(
    "matches",
    metadata,
    key(),
    Column("topic_id", BigInteger, ForeignKey("topics.id"), nullable=False),
    Column("article_id", BigInteger, ForeignKey("articles.id"), nullable=False),
    Column("hits", JSONB, nullable=False),  # [[field, start, end, text], …]
    Column("quote", JSONB, nullable=False),  # {field, text, marks}: the sentence that shows why
    Column("state", Text, nullable=False, server_default="new"),  # new planned
    created(),
    UniqueConstraint("topic_id", "article_id"),
    Index("ix_matches_new", "article_id", postgresql_where=text("state = 'new'")),
    Index("ix_matches_article_id", "article_id"),
    Index("ix_matches_topic_id_created_at", "topic_id", "created_at"),
)
