"""How long it takes to try a query on stored articles."""
