"""How fast feeds and pages are read, and what polling thousands of feeds costs."""
