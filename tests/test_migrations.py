"""A rolling update runs two versions side by side: a migration leaves the older one working."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

ROOT = Path(__file__).parents[1]
LAST_BEFORE_THE_RULE = "0006_grants"
# What takes away, or gives another form to, what the version before reads and writes. SQL cannot
# be judged here.
BREAKING = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.AlterField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
    migrations.AddConstraint,
    migrations.AlterUniqueTogether,
    migrations.RunSQL,
)


def releases() -> set[str]:
    return set(re.findall(r"^## \[(\d\S+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE))


def on_the_database(operations: list[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from on_the_database(operation.database_operations)
        else:
            yield operation


def breaks_the_version_before(operation: Operation) -> bool:
    if isinstance(operation, migrations.AddField):
        field = operation.field
        # That version adds rows without the column.
        return not (field.many_to_many or field.null or field.db_default is not models.NOT_PROVIDED)
    return isinstance(operation, BREAKING)


def problems(migration: migrations.Migration) -> list[str]:
    """`unused_since` names the release that left alone what the migration takes away."""
    since = getattr(migration, "unused_since", None)
    if since is not None:
        return [] if since in releases() else [f"{since} has not been released"]
    operations = on_the_database(list(migration.operations))
    return [op.describe() for op in operations if breaks_the_version_before(op)]


def test_every_migration_leaves_the_version_before_working() -> None:
    found = {
        name: migration
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app == "secrets_ui" and name > LAST_BEFORE_THE_RULE
    }
    assert "0008_reservations" in found
    assert {name: wrong for name in found if (wrong := problems(found[name]))} == {}


def made_of(*operations: Operation, unused_since: str | None = None) -> migrations.Migration:
    migration = migrations.Migration("made_up", "secrets_ui")
    migration.operations = operations
    if unused_since:
        migration.unused_since = unused_since
    return migration


TEXT = models.CharField(max_length=10)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("checkrun", "verdict"),
        migrations.RenameField("checkrun", "verdict", "answer"),
        migrations.AlterField("checkrun", "verdict", TEXT),
        migrations.DeleteModel("CheckRun"),
        migrations.RenameModel("CheckRun", "Run"),
        migrations.RunSQL("SELECT 1"),
        # Django gives rows a default; the table has none.
        migrations.AddField("checkrun", "note", models.CharField(max_length=10, default="")),
        migrations.SeparateDatabaseAndState([migrations.DeleteModel("CheckRun")], []),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_would_break_it_waits_for_the_release_after(operation: Operation) -> None:
    assert len(problems(made_of(operation))) == 1
    assert problems(made_of(operation, unused_since="0.1.0")) == []
    assert problems(made_of(operation, unused_since="99.0.0")) == ["99.0.0 has not been released"]


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Note", [("text", TEXT)]),
        migrations.AddField("checkrun", "note", models.CharField(max_length=10, null=True)),
        migrations.AddField("checkrun", "note", models.CharField(max_length=10, db_default="")),
        migrations.RemoveConstraint("checkrun", "some"),
        migrations.SeparateDatabaseAndState([], [migrations.RenameModel("CheckRun", "Run")]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_only_adds_is_free(operation: Operation) -> None:
    assert problems(made_of(operation)) == []
