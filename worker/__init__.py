"""Facts about the world: feeds, pages, articles, topics, matches.

The journey of one article, as a pipe (each step is a *desk*; rows carry the work, Celery only rings):

    feeds due    | poll: GET, parse, identity        | entries `new`
    entries new  | read: GET page, extract, match    | article, matches `new`
    matches new  | alerts.plan: who hears what, when | alerts, deliveries `ready`
    deliveries   | alerts.send: compose, post, judge | sent, or the named reason why not

A desk claims rows with a lease and a fencing token, does its I/O, decides in pure functions,
and settles in one transaction that leaves rows for the next desk.
"""

from worker.compiled import prefer

prefer()
