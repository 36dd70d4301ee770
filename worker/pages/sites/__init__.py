"""Sites that no general rule reads well, one file each: `sites/<host with _ for . and ->.py`.

Such a file offers `read(tree) -> str | None`: the article's paragraphs separated by blank lines, or None to
leave the page to the general rules. It is found by its name; `news_example_id.py` speaks for news.example.id
and every host below it.
"""
