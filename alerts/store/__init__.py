"""DOOR: the only SQL of the tables about people (channels, subscriptions, alerts, deliveries, attempts)."""
