"""Why a change is not made, by the rules that pages and watchlists have, as problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from ops import membership, regrouping
from ops.api.problems import Fault, Problem, declared, invalid, not_found
from ops.issuing import TokenRefused
from ops.made_here import Refused


def refusal(noun: str, number: object, refused: Refused) -> Problem:
    """Why a channel or a subscription is not made, changed or removed."""
    faults = wrong_parts(refused.faults)
    said = "; ".join(refused.faults.values())
    match refused.why:
        case "declared":
            return declared(noun)
        case "unknown":
            return not_found(noun, number)
        case "bad_values" | "name_taken":
            return Problem(422, "invalid", said, faults=faults)
        case "unwanted" | "cannot_ask" | "asked_too_often":
            return Problem(409, "conflict", said, faults=faults)
        case other:
            assert_never(other)


def no_account(number: object, refused: membership.Refused) -> Problem:
    """Why an account is not made, changed or removed."""
    said = _whole(str(refused))
    match refused.reason:
        case "unknown":
            return not_found("account", number)
        case "last_admin" | "own":
            return Problem(409, "conflict", said)
    return invalid(f"#/{refused.field}", said)


def no_token(refused: TokenRefused) -> Problem:
    """Why a token is not made."""
    said = _whole(str(refused))
    return (
        Problem(409, "conflict", said)
        if refused.reason == "too_many"
        else invalid(f"#/{refused.field}", said)
    )


def not_regrouped(number: object, refused: regrouping.Refused) -> Problem:
    """Why a story stays as it is."""
    said = _whole(refused.sentence)
    match refused.why, refused.field:
        case "unknown", "":
            return not_found("story", number)
        case (("merged" | "nothing_left" | "not_in_it"), _):
            return Problem(409, "conflict", said)
    return Problem(422, "invalid", said, faults=[Fault("#", said)])


def _whole(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}."


def wrong_parts(said: Mapping[str, str]) -> list[Fault]:
    """What is wrong, part by part; "" is the whole, "pace.burst" a part of a part."""
    return [Fault(pointer(key), sentence) for key, sentence in said.items()]


def pointer(key: str) -> str:
    """The way to a part."""
    return f"#/{key.replace('.', '/')}" if key else "#"
