"""Ten thousand feeds, fifty thousand, a hundred and eighty thousand: what each costs, and what does not stay flat."""
