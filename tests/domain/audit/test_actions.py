"""What is stored never changes, and everything that is stored has words."""

from secrets_ui.domain.audit.actions import OPEN, Action, Outcome, ReadPurpose, describe

# Written down here once more on purpose: records of earlier releases hold these strings.
STORED = """
    sign_in sign_out step_up session.end password.change factor.add factor.remove factor.reset
    recovery_codes.make roles.from_groups access.refused account.set account.remove
    account.switched_off account.switched_on role.given role.taken rate.limited audit.export
    audit.key_changed value.read secret.save secret.propose secret.approve secret.reject
    secret.reveal secret.emergency emergency.look secret.try secret.create secret.describe
    secret.tag secret.untag secret.delete secret.cancel_deletion
    function.refresh
    version.pin version.unpin status.acknowledge calendar.make calendar.end
    rotation.begin rotation.arrived rotation.end rotation.give_up
    role.ended role.asked role.refused account.added account.link_made account.link_used
    rotation.planned
"""


def test_the_stored_strings_are_those_of_earlier_releases() -> None:
    assert sorted(Action) == sorted(STORED.split())
    assert list(Outcome) == ["done", "refused", "conflict", "failed", "not_applied", "unknown"]


def test_every_action_has_words_of_its_own() -> None:
    words = [action.words for action in Action]
    assert all(words)
    assert len(set(words)) == len(words)


def test_a_string_without_words_is_shown_as_it_is() -> None:
    assert Action.words_of("secret.save") == "Save"
    assert Action.words_of("of.a.later.release") == "of.a.later.release"
    assert Outcome.words_of("not_applied") == "not carried out"
    assert Outcome.words_of(OPEN) == "open"


def test_what_the_console_reads_for_itself_is_told_apart_from_what_a_person_saw() -> None:
    saw = describe(Action.REVEAL, None)
    own = [describe(Action.READ_VALUE, why) for why in (*ReadPurpose, "of an earlier release", 1)]
    assert saw == "Value shown"
    assert own[0] == "Read by the console for a save"
    assert own[-2] == own[-1] == "Read by the console"
    assert len({saw, *own}) == 1 + len(ReadPurpose) + 1


def test_the_stored_purposes_are_those_of_earlier_releases() -> None:
    assert list(ReadPurpose) == [
        "to apply an edit",
        "to restore it",
        "to copy it",
        "to put it on top",
        "to derive its facts",
    ]
