"""The compare-and-swap by itself: what it asks AWS, and what each answer of AWS means."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from secrets_ui.domain.deadline import Deadline
from secrets_ui.domain.errors import (
    AwsCall,
    AwsError,
    AwsRefused,
    AwsThrottled,
    AwsUnreachable,
    OutcomeUnknown,
    SecretNotEditable,
)
from secrets_ui.domain.secrets.secret import Rotation, Secret
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.services.changes.swap import (
    end_rotation,
    ensure_moved,
    swap_current,
    take_label_off,
)

NAME, BASE, NEW, OTHER = "miyabi/dev/api-keys", "base", "new", "other"
CALL = AwsCall("secretsmanager:UpdateSecretVersionStage", code="Coded", request_id="refused")
REFUSED, THROTTLED = AwsRefused("No.", CALL), AwsThrottled("Later.", CALL)
LOST = AwsUnreachable("No answer.", replace(CALL, unanswered=3))
NOT_SENT = AwsUnreachable("Too late.", CALL)
DEADLINE = Deadline.after(datetime.now(UTC))
RETRIED = AwsRefused("No.", AwsCall(CALL.operation, request_id="refused", unanswered=1))


@dataclass
class Gateway:
    """Secrets Manager as far as a swap asks it: it answers with these labels, or raises."""

    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refuses: AwsError | None = None
    describes: AwsError | None = None
    moves: list[Any] = field(default_factory=list)
    rotates: bool = False

    def update_secret_version_stage(
        self, name: str, label: str, *, deadline: Deadline, move_to: str = "", remove_from: str = ""
    ) -> Any:
        self.moves.append((name, label, move_to, remove_from))
        if self.refuses:
            raise self.refuses
        return SimpleNamespace(call=SimpleNamespace(request_id="moved"))

    def describe_secret(self, name: str) -> Any:
        assert name == NAME
        if self.describes:
            raise self.describes
        secret = Secret(
            "arn", name, versions=self.versions, rotation=Rotation() if self.rotates else None
        )
        return SimpleNamespace(value=secret)


def swap(gateway: Gateway, base: str = BASE) -> str:
    return swap_current(gateway, NAME, base=base, to=NEW, deadline=DEADLINE)


def test_a_swap_moves_awscurrent_off_the_base_in_one_call() -> None:
    gateway = Gateway(describes=LOST)
    assert swap(gateway) == "moved"
    assert gateway.moves == [(NAME, "AWSCURRENT", NEW, BASE)]


def test_a_first_version_is_current_by_itself_and_nothing_is_moved() -> None:
    gateway = Gateway({NEW: ("AWSCURRENT",)})
    assert swap(gateway, base="") == ""
    assert gateway.moves == []


def test_a_first_version_that_is_not_current_is_no_success() -> None:
    with pytest.raises(OutcomeUnknown):
        swap(Gateway({}), base="")
    with pytest.raises(VersionConflict) as caught:
        swap(Gateway({OTHER: ("AWSCURRENT",)}), base="")
    assert (caught.value.base, caught.value.current) == ("", OTHER)


LEFT = {BASE: ("AWSCURRENT", "AWSPENDING")}


def end(gateway: Gateway, labels: Mapping[str, tuple[str, ...]] = LEFT) -> tuple[Any, list[str]]:
    """What goes on record: the details, and the ids of requests."""
    ids: list[str] = []
    act: Any = SimpleNamespace(add_request=ids.append, deadline=DEADLINE)
    secret = Secret("arn", NAME, versions=labels)
    return end_rotation(gateway, secret, act), ids


def test_what_a_rotation_left_is_taken_off_where_it_is_and_put_on_record() -> None:
    gateway = Gateway(describes=LOST)
    assert end(gateway) == ({"label_taken_off": f"AWSPENDING from {BASE}"}, ["moved"])
    assert gateway.moves == [(NAME, "AWSPENDING", "", BASE)]


def test_where_no_rotation_left_anything_aws_is_not_asked() -> None:
    gateway = Gateway(describes=LOST)
    assert end(gateway, {BASE: ("AWSCURRENT",)}) == ({}, [])
    assert gateway.moves == []


@pytest.mark.parametrize("error", [REFUSED, LOST])
def test_what_a_rotation_left_and_is_off_by_now_is_no_obstacle(error: AwsError) -> None:
    gone = Gateway({BASE: ("AWSCURRENT",)}, refuses=error)
    assert end(gone) == ({"label_taken_off": f"AWSPENDING from {BASE}"}, ["refused"])


def test_what_a_rotation_left_and_stays_on_stops_the_change() -> None:
    with pytest.raises(AwsRefused):
        end(Gateway(LEFT, refuses=REFUSED))
    with pytest.raises(AwsUnreachable):
        end(Gateway({}, refuses=REFUSED, describes=LOST))


def test_a_rotation_that_has_begun_meanwhile_stops_the_change() -> None:
    begun = Gateway({BASE: ("AWSCURRENT",), OTHER: ("AWSPENDING",)}, refuses=REFUSED, rotates=True)
    with pytest.raises(SecretNotEditable):
        end(begun)


AT_NEW = {NEW: ("AWSCURRENT",), BASE: ("AWSPREVIOUS",)}
PAST_NEW = {OTHER: ("AWSCURRENT",), NEW: ("AWSPREVIOUS",)}
AT_BASE = {BASE: ("AWSCURRENT",), NEW: ("MIYABI-EDIT-new",)}
ELSEWHERE = {OTHER: ("AWSCURRENT",), BASE: ("AWSPREVIOUS",)}
FAR = {OTHER: ("AWSCURRENT",), "third": ("AWSPREVIOUS",)}


@pytest.mark.parametrize("error", [REFUSED, THROTTLED, LOST, RETRIED])
@pytest.mark.parametrize("labels", [AT_NEW, PAST_NEW])
def test_a_swap_that_was_refused_and_made_all_the_same_is_done(
    error: AwsError, labels: Any
) -> None:
    assert swap(Gateway(labels, refuses=error)) == "refused"


@pytest.mark.parametrize(
    ("error", "labels", "expected"),
    [
        (REFUSED, AT_BASE, REFUSED),
        (THROTTLED, AT_BASE, THROTTLED),
        (NOT_SENT, AT_BASE, NOT_SENT),
        (RETRIED, AT_BASE, OutcomeUnknown),  # an earlier attempt may still be on its way
        (LOST, AT_BASE, OutcomeUnknown),
        (REFUSED, ELSEWHERE, VersionConflict),
        (NOT_SENT, ELSEWHERE, NOT_SENT),
        (RETRIED, ELSEWHERE, OutcomeUnknown),  # it would take effect if the base came back
        (LOST, ELSEWHERE, OutcomeUnknown),
        (REFUSED, FAR, VersionConflict),  # nothing of it arrived
        (NOT_SENT, FAR, NOT_SENT),
        (RETRIED, FAR, OutcomeUnknown),
        (LOST, FAR, OutcomeUnknown),
    ],
)
def test_a_swap_that_was_refused_and_not_made_tells_what_the_labels_prove(
    error: AwsError, labels: Any, expected: Any
) -> None:
    with pytest.raises(expected if isinstance(expected, type) else type(expected)) as caught:
        swap(Gateway(labels, refuses=error))
    if isinstance(expected, AwsError):
        assert caught.value is expected
    if isinstance(caught.value, VersionConflict):
        assert (caught.value.base, caught.value.current) == (BASE, OTHER)
    if isinstance(caught.value, OutcomeUnknown):
        assert str(caught.value) == (
            "AWS did not answer the last step, so it is not certain whether it took the change."
        )


@pytest.mark.parametrize("error", [REFUSED, NOT_SENT])
def test_what_was_refused_or_never_sent_has_failed_also_while_aws_cannot_be_asked(
    error: AwsError,
) -> None:
    with pytest.raises(type(error)) as caught:
        swap(Gateway(AT_BASE, refuses=error, describes=LOST))
    assert caught.value is error


@pytest.mark.parametrize("error", [RETRIED, LOST])
def test_without_an_answer_to_either_question_nothing_is_known(error: AwsError) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        swap(Gateway(AT_NEW, refuses=error, describes=REFUSED))
    assert str(caught.value) == (
        "AWS did not say whether it took the change, and cannot be asked just now."
    )


def test_a_first_version_that_was_refused_tells_what_the_labels_prove() -> None:
    def ensure(labels: Any, error: AwsError) -> None:
        ensure_moved(Gateway(labels), NAME, base="", to=NEW, error=error)

    ensure({NEW: ("AWSCURRENT",)}, REFUSED)
    with pytest.raises(AwsRefused):
        ensure({}, REFUSED)
    with pytest.raises(OutcomeUnknown):
        ensure({}, LOST)
    with pytest.raises(VersionConflict) as caught:
        ensure({OTHER: ("AWSCURRENT",)}, REFUSED)
    assert (caught.value.base, caught.value.current) == ("", OTHER)


def test_a_label_comes_off_its_version() -> None:
    gateway = Gateway()
    assert take_label_off(gateway, NAME, "MIYABI-EDIT-new", NEW) is True
    assert gateway.moves == [(NAME, "MIYABI-EDIT-new", "", NEW)]


def test_a_label_that_stays_is_logged_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway(refuses=REFUSED)
    with caplog.at_level(logging.WARNING, "miyabi.save"):
        taken = take_label_off(gateway, NAME, "MIYABI-EDIT-new", NEW)
    assert taken is False
    [logged] = caplog.records
    told = (
        logged.getMessage(),
        vars(logged)["secret"],
        vars(logged)["label"],
        vars(logged)["code"],
    )
    assert told == ("a label stayed on a version", NAME, "MIYABI-EDIT-new", "Coded")
