"""A whole answer as JSON: what a page shows of a large account is what was judged."""

import json
from dataclasses import replace

from secrets_ui.domain.access.answers import Show
from secrets_ui.domain.access.kept_answer import answer_from_json, answer_to_json
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.access.who import AT_ONCE, who_can
from testkit.accounts import ENVIRONMENT, NOTHING, MadeAccount, make_account


def test_a_kept_answer_says_of_everybody_what_was_judged_but_of_those_who_can_do_nothing() -> None:
    account = make_account(7, 60)
    found = who_can(account.evidence(), account.details)
    text = json.dumps(answer_to_json(found))
    kept = answer_from_json(json.loads(text), ENVIRONMENT)
    assert kept == found.without_others()
    for ability in Ability:
        for show in (Show.CAN, Show.UNEXPECTED):
            assert kept.matching(show, ability) == found.matching(show, ability)
    assert 0 < kept.others == len(found.rows) - len(kept.rows)
    assert kept.total == found.total
    assert "Condition" not in text
    one = next(row.title for row in kept.rows if row.read.can and not row.is_expected)
    named = answer_from_json(json.loads(text), replace(ENVIRONMENT, readers=(one,)))
    assert next(row for row in named.rows if row.title == one).is_expected


def test_a_look_tells_how_far_it_is() -> None:
    account = MadeAccount()
    for number in range(AT_ONCE + 1):
        account.role(f"r{number}", NOTHING, expected=False)
    told: list[tuple[int, int]] = []
    who_can(account.evidence(), account.details, tell=lambda *far: told.append(far))
    assert told == [(0, AT_ONCE + 1), (AT_ONCE, AT_ONCE + 1)]
