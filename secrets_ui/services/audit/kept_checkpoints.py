"""Checkpoints that defend themselves: kept in a bucket where nobody may delete them.

All that are there count, and not the newest alone: somebody who made the chain anew could add one
of it, and can take none of the others away.
"""

from collections.abc import Sequence

from django.conf import settings

from ...aws.s3 import S3Gateway
from ...domain.audit.chain import Break, Checkpoint, check_tail
from ...domain.audit.kept import checkpoints_in, name_of
from ...models import AuditRecord
from ..aws_access import own_gateways

# Sequences that are asked of the database at a time.
CHUNK = 500


def compare_and_keep(reached: Checkpoint) -> list[Break]:
    """Compare the chain, which ends at `reached`, with the checkpoints that are kept.

    Where it is like them, its end is kept as well. Without CHECKPOINTS_AT there is nothing to
    compare. Raises AwsError.
    """
    if not settings.CHECKPOINTS_AT:
        return []
    bucket, _, prefix = settings.CHECKPOINTS_AT.removeprefix("s3://").partition("/")
    s3 = own_gateways(settings.CHECKPOINTS_REGION).s3
    names = s3.list_objects_v2(bucket, prefix).value
    breaks = _unlike(reached, checkpoints_in(names, prefix))
    if not breaks and reached.sequence:
        _keep(s3, bucket, prefix, reached, names)
    return breaks


def _unlike(reached: Checkpoint, kept: Sequence[Checkpoint]) -> list[Break]:
    hashes: dict[int, str] = {}
    for first in range(0, len(kept), CHUNK):
        asked = [known.sequence for known in kept[first : first + CHUNK]]
        rows = AuditRecord.objects.filter(sequence__in=asked)
        hashes |= dict(rows.values_list("sequence", "hash"))
    found = (check_tail(reached, known, hashes.get(known.sequence)) for known in kept)
    return [tail for tail in found if tail]


def _keep(
    s3: S3Gateway, bucket: str, prefix: str, reached: Checkpoint, names: Sequence[str]
) -> None:
    name = prefix + name_of(reached)
    if name not in names:
        s3.put_object(bucket, name, b"")
