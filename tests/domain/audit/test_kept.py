"""A checkpoint's name tells all of it, and a list of names all checkpoints."""

from secrets_ui.domain.audit.chain import Checkpoint
from secrets_ui.domain.audit.kept import checkpoints_in, name_of

ONE, TWO = Checkpoint(9, "a" * 64, 9), Checkpoint(1042, "b" * 64, 1042)


def test_names_are_read_as_they_were_written_and_stand_in_order() -> None:
    names = [f"kept/{name_of(checkpoint)}" for checkpoint in (TWO, ONE)]
    assert checkpoints_in(sorted(names), "kept/") == [ONE, TWO]


def test_what_is_no_checkpoint_counts_for_nothing() -> None:
    name = name_of(ONE)
    others = [
        f"elsewhere/{name}",
        f"kept/below/{name}",
        f"kept/{name}.json",
        "kept/",
        f"kept/{name[1:]}",
    ]
    assert checkpoints_in(others, "kept/") == []
