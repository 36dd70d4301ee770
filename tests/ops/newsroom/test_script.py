from __future__ import annotations

from ops.newsroom import Accept, HangUp, Refuse, Script


def test_a_receivers_own_answers_come_first_then_those_for_anybody_then_acceptance_for_ever() -> None:
    script = Script(anybody=[HangUp(accepted=True)], receivers={"rina": [Refuse(451), Refuse(550)]})
    assert [script.next("rina") for _ in range(4)] == [
        Refuse(451),
        Refuse(550),
        HangUp(accepted=True),
        Accept(),
    ]
    assert script.next("budi") == Accept()


def test_the_answers_of_one_receiver_are_not_spent_on_another() -> None:
    script = Script(receivers={"rina": [Refuse(451)]})
    assert script.next("budi") == Accept()
    assert script.next("rina") == Refuse(451)
