"""How fast are articles matched against many topics, and how does that compare with other ways to do it?

    languages  → vocabulary: words and names, built from the syllables of each language
    vocabulary → articles and topics, the same ones for the same seed
    both       → Pantau and its peers, each in a process of its own → table

`python -m benchmarks.matching --help`; `benchmarks/README.md` says what is measured and what is not.
"""
