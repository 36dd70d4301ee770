"""The things that the API tells of and takes, a module for each area. Ids are strings, moments are RFC 3339 in UTC,
foreign text is one bounded line, and a link is one that can be followed.
"""
