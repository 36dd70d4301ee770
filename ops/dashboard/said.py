"""What `ops.said` offers, under the name that pages know it by."""

from ops.said import Said, Tongue, joined, said, said_n, spoken

__all__ = ["Said", "Tongue", "joined", "said", "said_n", "spoken"]
