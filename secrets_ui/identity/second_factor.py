"""Second factors of local accounts: codes by time (RFC 6238), recovery codes, and the encryption of
their seeds."""

import base64
import hashlib
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt, encrypt
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe
from qrcode import QRCode
from qrcode.image.svg import SvgPathImage

Type = Authenticator.Type


class EncryptedSeeds(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth would store seeds as they are.

    Here the database holds ciphertext, and the key is a setting.
    """

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises cryptography.fernet.InvalidToken where the key is another one now."""
        return _fernet().decrypt(encrypted_text.encode()).decode()


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(settings.SECOND_FACTOR_KEY).digest()))


def factors_of(person: Any) -> list[Authenticator]:
    """Codes and passkeys, in the order in which they were set up; recovery codes are not one by
    themselves."""
    return list(
        Authenticator.objects.filter(user=person).exclude(type=Type.RECOVERY_CODES).order_by("pk")
    )


def has_second_factor(person: Any) -> bool:
    return bool(factors_of(person))


def new_seed() -> str:
    """A fresh seed, encrypted: it waits in the session until the first code shows that the app has
    it."""
    return str(encrypt(totp.generate_totp_secret()))


def readable_seed(encrypted: str) -> str:
    return str(decrypt(encrypted))


def qr_code(person: Any, encrypted: str) -> SafeString:
    """What an authenticator app reads, as an SVG without styles."""
    code = QRCode(image_factory=SvgPathImage, border=2)
    code.add_data(EncryptedSeeds().build_totp_url(person, readable_seed(encrypted)))
    drawing = str(code.make_image().to_string(encoding="unicode"))
    return mark_safe(drawing)  # noqa: S308 - a drawing; the name in it is dots


def enrol_codes(person: Any, encrypted: str, code: str) -> bool:
    """Takes the seed for good when `code` is one of its codes; that one is then used up."""
    counter = _counter_of(readable_seed(encrypted), code, after=-1)
    if counter is None:
        return False
    Authenticator.objects.filter(user=person, type=Type.TOTP).delete()
    Authenticator.objects.create(
        user=person, type=Type.TOTP, data={"secret": encrypted, "last": counter}
    )
    return True


def check_code(person: Any, code: str) -> str:
    """ "code" or "recovery code", by what `code` turned out to be, or "" when it is neither.

    Each is good once, on any worker: the last step of time that was used is kept in the same row as
    the seed, and a code of it or of an earlier one is refused.
    """
    try:
        if _use_code(person, code):
            return "code"
        return "recovery code" if _use_recovery_code(person, code) else ""
    except InvalidToken:
        return ""


@transaction.atomic
def _use_code(person: Any, code: str) -> bool:
    row = Authenticator.objects.select_for_update().filter(user=person, type=Type.TOTP).first()
    if row is None:
        return False
    counter = _counter_of(str(decrypt(row.data["secret"])), code, after=row.data.get("last", -1))
    if counter is None:
        return False
    row.data["last"] = counter
    row.save(update_fields=["data"])
    row.record_usage()
    return True


def _counter_of(seed: str, code: str, *, after: int) -> int | None:
    """The step of time whose code this is, if it lies after the one that was used last."""
    for counter in totp.yield_hotp_counters_from_time():
        expected = totp.format_hotp_value(totp.hotp_value(seed, counter))
        if counter > after and totp.compare_user_code(actual=code, expected=expected):
            return int(counter)
    return None


def _use_recovery_code(person: Any, code: str) -> bool:
    row = Authenticator.objects.filter(user=person, type=Type.RECOVERY_CODES).first()
    return row is not None and bool(RecoveryCodes(row).validate_code(code))


def make_recovery_codes(person: Any) -> list[str]:
    """New ones; the old ones are good no longer."""
    with transaction.atomic():
        Authenticator.objects.filter(user=person, type=Type.RECOVERY_CODES).delete()
        return list(RecoveryCodes.activate(person).get_unused_codes())


def recovery_codes_left(person: Any) -> int:
    row = Authenticator.objects.filter(user=person, type=Type.RECOVERY_CODES).first()
    try:
        return len(RecoveryCodes(row).get_unused_codes()) if row else 0
    except InvalidToken:
        return 0


def remove_factor(person: Any, number: int) -> str:
    """Takes one away, and the recovery codes with the last one.

    Returns its type, or "" when the person has no such factor.
    """
    with transaction.atomic():
        row = (
            Authenticator.objects.filter(user=person, pk=number)
            .exclude(type=Type.RECOVERY_CODES)
            .first()
        )
        if row is None:
            return ""
        kind = str(row.type)
        row.delete()
        if not has_second_factor(person):
            Authenticator.objects.filter(user=person).delete()
        return kind


def remove_all(person: Any) -> int:
    return int(Authenticator.objects.filter(user=person).delete()[0])
