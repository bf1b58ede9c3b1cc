"""What of a person's own environment the demo leaves behind, and what it sets."""

from pathlib import Path

import pytest

from deploy.demo.folder import make_keys, open_folder
from deploy.demo.local_aws import CREDENTIALS, LocalAws
from deploy.demo.settings import leave_behind_what_is_personal, make_settings, write_env_file


def test_real_profiles_credentials_and_proxies_do_not_reach_the_demo() -> None:
    kept = {"PATH": "/bin", "LANG": "C.UTF-8", "WEB_CONCURRENCY": "1", "DEMO_PASSWORD": "kept"}
    personal = {
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL": "https://elsewhere.test",
        "HTTP_PROXY": "http://proxy.test:3128",
        "https_proxy": "http://proxy.test:3128",
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "GUNICORN_CMD_ARGS": "--bind 0.0.0.0:80",
    }
    environ = kept | personal
    leave_behind_what_is_personal(environ)
    assert environ == kept


def test_keys_are_long_different_and_new_each_time(tmp_path: Path, local_aws: LocalAws) -> None:
    one, two = (make_settings(tmp_path, 8000, local_aws, "password") for _ in range(2))
    keys = [
        settings[name]
        for settings in (one, two)
        for name in ("SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY")
    ]
    assert len(set(keys)) == 8
    assert min(map(len, keys)) >= 32


def test_a_kept_demo_has_the_keys_of_the_last_one(tmp_path: Path, local_aws: LocalAws) -> None:
    keys = make_keys()
    settings = make_settings(tmp_path, 8000, local_aws, "password", keys)
    assert keys.items() <= settings.items()


def test_it_uses_the_local_aws_and_reads_no_env_file_of_this_machine(
    tmp_path: Path, local_aws: LocalAws
) -> None:
    settings = make_settings(tmp_path, 8000, local_aws, "password")
    assert settings["LOCAL_AWS_ENDPOINT"] == local_aws.endpoint
    assert (settings["HOST"], settings["PORT"], settings["DEBUG"]) == ("127.0.0.1", "8000", "false")
    assert not Path(settings["ENV_FILE"]).exists()


def test_in_a_container_the_console_alone_listens_elsewhere(
    tmp_path: Path, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_HOST", "0.0.0.0")  # noqa: S104
    settings = make_settings(tmp_path, 8000, local_aws, "password")
    assert settings["HOST"] == "0.0.0.0"  # noqa: S104
    assert settings["LOCAL_AWS_ENDPOINT"].startswith("http://127.0.0.1:")
    assert settings["ALLOWED_HOSTS"] == "127.0.0.1,localhost"


def test_a_folder_with_blanks_in_its_name_makes_a_usable_database_url(
    tmp_path: Path, local_aws: LocalAws
) -> None:
    settings = make_settings(tmp_path / "my clone", 8000, local_aws, "password")
    assert settings["DATABASE_URL"] == f"sqlite:///{tmp_path}/my%20clone/db.sqlite3"


def test_commands_in_another_shell_get_the_credentials_that_the_demo_itself_has(
    tmp_path: Path, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    write_env_file(tmp_path / "env", make_settings(tmp_path, 8000, local_aws, "password"))
    lines = (tmp_path / "env").read_text().splitlines()
    assert {f"{name}={value}" for name, value in CREDENTIALS.items()} <= set(lines)


@pytest.mark.parametrize("missing", ["", "db.sqlite3", "local-aws.state", "kept.json"])
@pytest.mark.parametrize("keep", ["", "0", "1"])
def test_keep_takes_a_folder_in_which_nothing_is_missing_and_any_other_is_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str, missing: str
) -> None:
    monkeypatch.setenv("DEMO_FOLDER", str(tmp_path))
    monkeypatch.setenv("KEEP", keep)
    left = open_folder(8000)
    for path in (left.path / "db.sqlite3", left.aws_state):
        path.touch()
    left.write_kept_settings({"SECRET_KEY": "the last one's"})
    if missing:
        (left.path / missing).unlink()
    folder = open_folder(8000)
    assert folder.is_kept == (keep == "1" and not missing)
    if folder.is_kept:
        assert folder.read_kept_settings() == {"SECRET_KEY": "the last one's"}
    else:
        assert folder.read_kept_settings() == {}
        assert list(folder.path.iterdir()) == []


def test_what_is_kept_is_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_FOLDER", str(tmp_path))
    folder = open_folder(8000)
    folder.write_kept_settings(make_keys())
    assert [path.stat().st_mode & 0o777 for path in folder.path.iterdir()] == [0o600]


def test_commands_in_another_shell_get_the_same_settings_and_nobody_else_can_read_them(
    tmp_path: Path, local_aws: LocalAws
) -> None:
    settings, path = (
        make_settings(tmp_path, 8000, local_aws, "the-password"),
        tmp_path / "console.env",
    )
    write_env_file(path, settings)
    written = dict(line.split("=", 1) for line in path.read_text().splitlines())
    for name in (
        "SECRET_KEY",
        "AUDIT_KEY",
        "FINGERPRINT_KEY",
        "DATABASE_URL",
        "LOCAL_AWS_ENDPOINT",
        "ENVIRONMENTS_FILE",
    ):
        assert written[name] == settings[name]
    assert path.stat().st_mode & 0o077 == 0
    assert "the-password" not in path.read_text()
    assert "PATH" not in written
