"""The layer: what is in it, that it is the same each time, and whom it trusts."""

import ssl
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.loader.conftest import LAMBDA

COMMAND = [sys.executable, str(LAMBDA / "build_layer.py")]


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("layer") / "core.zip"
    subprocess.run([*COMMAND, "--out", str(path)], check=True, capture_output=True)
    return path


def test_it_holds_the_package_where_lambda_looks_and_nothing_else(layer: Path) -> None:
    with zipfile.ZipFile(layer) as opened:
        names = set(opened.namelist())
        modes = {entry.external_attr >> 16 for entry in opened.infolist()}
    wanted = {f"python/core/{file.name}" for file in (LAMBDA / "core").glob("*.py")}
    assert names == wanted | {"python/core/amazon-roots.pem", "python/core/py.typed"}
    assert modes == {0o644}


def test_the_same_source_gives_the_same_bytes(layer: Path, tmp_path: Path) -> None:
    subprocess.run(
        [*COMMAND, "--out", str(tmp_path / "again.zip")], check=True, capture_output=True
    )
    assert (tmp_path / "again.zip").read_bytes() == layer.read_bytes()


def test_it_loads_from_the_unpacked_zip(layer: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(layer) as opened:
        opened.extractall(tmp_path)
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path / "python")!r})
from core import _roots
from core.secrets import load_secrets_to_env
load_secrets_to_env("miyabi", "prod")
print(len(_roots.context().get_ca_certs()))
"""
    command = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={})
    assert done.stdout.strip() == "5"


def test_it_trusts_amazon_s_five_and_no_other(build_layer: Any) -> None:
    context = ssl.create_default_context(
        cafile=None, cadata=build_layer.amazon_roots(build_layer.installed_bundle())
    )
    loaded = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    loaded.load_verify_locations(cadata=build_layer.amazon_roots(build_layer.installed_bundle()))
    names = {
        dict(part[0] for part in root["subject"])["commonName"] for root in loaded.get_ca_certs()
    }
    assert names == set(build_layer.AMAZON.values())
    assert context.verify_mode == ssl.CERT_REQUIRED


def test_each_of_them_is_in_the_system_s_own_store_or_the_installed_bundle(
    build_layer: Any,
) -> None:
    """So whoever passes our check passes that of a program that trusts the bundle."""
    bundle = build_layer.installed_bundle().read_text()
    pem = build_layer.amazon_roots(build_layer.installed_bundle())
    certificates = build_layer._CERTIFICATE.findall(pem)
    assert len(certificates) == 5
    assert all(certificate in bundle for certificate in certificates)


def test_a_bundle_without_one_of_them_is_refused_by_its_name(
    build_layer: Any, tmp_path: Path
) -> None:
    pem = build_layer.amazon_roots(build_layer.installed_bundle())
    first = build_layer._CERTIFICATE.findall(pem)[0]
    (tmp_path / "bundle.pem").write_text(pem.replace(first, ""))
    done = subprocess.run(
        [*COMMAND, "--out", str(tmp_path / "x.zip"), "--bundle", str(tmp_path / "bundle.pem")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == f"build_layer: {tmp_path / 'bundle.pem'} lacks Amazon Root CA 1."
    assert not (tmp_path / "x.zip").exists()


def test_a_bundle_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--bundle", str(tmp_path / "none")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "No such file" in done.stderr
