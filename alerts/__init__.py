"""Facts about people: channels, subscriptions, alerts, deliveries.

`plan` turns new matches into deliveries, `send` carries them out and keeps the ledger.
Reads the world's facts from `worker`; `worker` never knows about people.
"""
