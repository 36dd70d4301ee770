"""What elements of feeds are called, whichever prefix and namespace a document writes them with."""

from __future__ import annotations

from lxml import etree

from worker.feeds.tree import split_name

# The formats themselves, in the namespaces they have had, then the modules that say something about news.
# Sources: RFC 4287, https://www.rssboard.org/rss-specification, https://web.resource.org/rss/1.0/modules/
_PREFIXES = {
    "": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/rss/1.0/": "",
    "http://purl.org/rss/1.0/modules/rss091#": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.pheedo.com/namespace/pheedo": "pheedo",
    "http://news.yandex.ru": "yandex",
}
_USERLAND = "backend.userland.com/rss"  # with a version behind it, or none


def name_of(element: etree._Element, own: str) -> str:
    """`local` for the format's own elements, `prefix:local` for those of modules, in small letters.

    A namespace that nobody knows is the format's own where the feed is in it (`own`, as written), else it goes by
    the prefix that the document gives it.
    """
    namespace, local = split_name(element.tag)
    uri = namespace.lower()
    prefix = _PREFIXES.get(uri)
    if prefix is None:
        prefix = "" if namespace == own or _USERLAND in uri else element.prefix or ""
    return (f"{prefix}:{local}" if prefix else local).lower()
