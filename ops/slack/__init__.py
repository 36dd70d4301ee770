"""Slack calling us: buttons below an alert, and `/pantau` in a channel."""
