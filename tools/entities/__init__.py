"""What writes the generated packs of entities; run by hand, see docs/how-to/add-an-entity.md."""
