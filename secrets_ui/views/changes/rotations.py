"""The page of a key's rotation: the steps, and where it stands; and what a person does in it."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ...domain.changes.edit import Edit
from ...domain.changes.rotation import STEPS, Arrival, RotationMoved, Step
from ...domain.environment import Environment
from ...domain.errors import AwsError, ConsoleError, InvalidChange
from ...domain.people.actor import Actor
from ...forms.rotations import RotationForm, RotationStepForm, WhichRotationForm
from ...models import Rotation
from ...permissions import actor_of, enter, enter_to_change, may, needs_proof
from ...services import configuration
from ...services.changes import rotations
from ...services.changes.rotation_run import run_of
from ...services.changes.rotation_state import Standing, stand
from ...services.secrets.opening import OpenSecret, open_secret
from ..answers import page_with_refusal
from .saving import rotation_address


@require_http_methods(["GET", "POST"])
def rotate(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    if request.method == "GET":
        chosen = enter(request, "secret.view", environment, name)
    else:
        chosen = enter_to_change(request, "secret.edit", environment, name)
    which = WhichRotationForm(request.GET)
    if not which.is_valid():
        # The key is chosen there.
        return redirect(f"{reverse('secret', args=[chosen.name, name])}#keys")
    key, number = which.cleaned_data["key"], which.cleaned_data["number"]
    if request.method == "GET":
        return _page(request, chosen, name, key, number)
    form = RotationStepForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    try:
        _act(chosen, actor_of(request), name, key, form.cleaned_data)
    except (InvalidChange, RotationMoved) as refusal:
        return _page(request, chosen, name, key, number, refusal)
    return redirect(rotation_address(chosen, name, key))


def rotation_of_edit(request: HttpRequest, environment: Environment, name: str) -> Rotation | None:
    """The rotation that the edit page was opened for, by its address; None for any other edit.

    Raises BadRequest, RotationMoved.
    """
    if "rotation" not in request.GET:
        return None
    form = RotationForm(request.GET)
    if not form.is_valid():
        raise BadRequest
    return rotations.part_of(
        environment, environment.secret_name(name), form.cleaned_data["rotation"]
    )


def part_of(rotation: Rotation | None, edit: Edit) -> Edit:
    """Raises InvalidChange where the edit is of a rotation and sets anything but its key."""
    return rotations.as_part(rotation, edit) if rotation else edit


def _act(
    environment: Environment, actor: Actor, name: str, key: str, asked: dict[str, str]
) -> None:
    """Raises InvalidChange, RotationMoved, and what each act raises."""
    do, reason = asked["do"], asked["reason"]
    if do == "begin":
        rotations.begin(environment, actor, name, key, reason)
        return
    rotation = rotations.open_rotations(environment, environment.secret_name(name)).get(key)
    if rotation is None:
        raise RotationMoved("No rotation of this key is under way any more.")
    if do == "try_new":
        rotations.try_new(environment, actor, rotation, asked["version"])
    elif do == "arrived":
        rotations.note_arrival(environment, actor, rotation, reason)
    elif do == "try_old":
        rotations.try_old(environment, actor, rotation)
    elif do == "revoked":
        rotations.say_revoked(environment, actor, rotation, reason)
    else:
        rotations.give_up(actor, rotation, reason)


def _page(
    request: HttpRequest,
    environment: Environment,
    name: str,
    key: str,
    number: int | None,
    refusal: ConsoleError | None = None,
) -> HttpResponse:
    actor, secret = actor_of(request), environment.secret_name(name)
    every = rotations.rotations_of(environment, secret, key)
    rotation = next((one for one in every if number in (None, one.number)), None)
    if number and rotation is None:
        raise rotations.NoSuchRotation(number, key)
    opened, unread = _open(environment, secret, actor, must=rotation is None)
    standing = stand(environment, actor, opened, rotation) if opened and rotation else None
    may_edit = may(request, "secret.edit", environment, name)
    context = {
        "environment": environment,
        "opened": opened,
        "unread": unread,
        "secret": opened.secret if opened else {"name": secret},
        "key": key,
        "rules": configuration.spec_of(environment, secret).rules_of(key),
        "rotation": rotation,
        "run": run_of(rotation) if rotation else (),
        "standing": standing,
        "steps": _steps(standing) if standing else (),
        "arrival": _arrival(environment, actor, standing) if may_edit else None,
        "others": [one for one in every if one != rotation],
        "is_open": rotation is not None and rotation.ended is None,
        "has_open": any(one.ended is None for one in every),
        "can_begin": may_edit and opened and rotations.can_be_rotated(opened, key),
        "may_edit": may_edit,
        "may_audit": may(request, "audit.view", environment),
        "asks_for_proof": may_edit and needs_proof(request, environment),
    }
    return page_with_refusal(request, "changes/rotation.html", context, refusal)


def _open(
    environment: Environment, name: str, actor: Actor, *, must: bool
) -> tuple[OpenSecret | None, AwsError | None]:
    """The secret, or why it could not be had: of a rotation the records can be shown all the same.
    Raises AwsErrors where it `must` be had."""
    try:
        return open_secret(environment, name, actor), None
    except AwsError as error:
        if must:
            raise
        return None, error


def _steps(standing: Standing) -> list[tuple[str, str]]:
    """Each step's name and its state."""
    return [(step.value, standing.progress.state_of(step)) for step in STEPS]


def _arrival(environment: Environment, actor: Actor, standing: Standing | None) -> Arrival | None:
    """Whether the new value has arrived, where that is the step to be made; AWS is asked."""
    if standing is None or standing.rotation.ended or standing.progress.step is not Step.ARRIVE:
        return None
    return rotations.look_for_arrival(environment, actor, standing.rotation)
