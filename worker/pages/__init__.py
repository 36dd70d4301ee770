"""Pages: HTML to the article's own words and what the page states about itself. Pure: no socket, no clock."""
