"""Measurements that anybody can repeat; each says what it measures against and on what."""
