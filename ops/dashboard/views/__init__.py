"""PURE. What the pages show, as values: nothing that a template would have to work out."""
