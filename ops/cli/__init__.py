"""The commands of the contract, one file per noun. Heavy imports stay inside the commands."""
