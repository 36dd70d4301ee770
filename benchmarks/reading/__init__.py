"""How fast Pantau reads feeds and pages, next to what others take: `python -m benchmarks.reading`."""
