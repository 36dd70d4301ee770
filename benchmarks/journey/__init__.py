"""The whole way, from an entry in a feed to a message that was taken: Pantau beside others."""
