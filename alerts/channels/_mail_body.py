"""The two bodies of a mail, text and page, and the links at their foot."""

from __future__ import annotations

from alerts.channels._mail_html import html_part
from alerts.channels._mail_links import Links
from alerts.channels._mail_text import text_part

__all__ = ["Links", "html_part", "text_part"]
