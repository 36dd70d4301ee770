"""What `ops.said` offers, under the name that pages know it by."""

from ops.said import Said, Tongue, said, said_n, spoken

__all__ = ["Said", "Tongue", "said", "said_n", "spoken"]
