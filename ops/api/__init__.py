"""The API for programs: everything that is watched, told and proved, under `/api/v1`.

`house` is what it works with and `frame` what holds for every request; `routes` has a module for each noun. What is
read comes from `ops.store.programs`; what is changed, by the same functions that the commands call.
"""
