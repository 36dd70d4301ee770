"""How well articles are put into stories, and what it costs."""
