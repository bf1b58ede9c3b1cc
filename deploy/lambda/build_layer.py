"""Builds the layer: `python deploy/lambda/build_layer.py --out miyabi-core.zip`.

The same input gives the same bytes. The zip holds python/core/, where Lambda's Python looks for it,
and the few certificate authorities that AWS's endpoints use. They come from an installed bundle
(certifi's, botocore's, or the one that --bundle names); only those whose fingerprint is listed here
are taken.
"""

import argparse
import hashlib
import importlib.util
import re
import ssl
import sys
import zipfile
from pathlib import Path

CORE = Path(__file__).resolve().parent / "core"
ROOTS = "amazon-roots.pem"

# SHA-256 of each certificate of https://www.amazontrust.com/repository/
AMAZON = {
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e": "Amazon Root CA 1",
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4": "Amazon Root CA 2",
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4": "Amazon Root CA 3",
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092": "Amazon Root CA 4",
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5": (
        "Starfield Services Root Certificate Authority - G2"
    ),
}
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
# The earliest that a zip knows; no build differs from another by its time.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class BuildError(Exception):
    """The layer cannot be built; the message says why."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("miyabi-core.zip"), help="the zip to write"
    )
    parser.add_argument(
        "--bundle", type=Path, help="a PEM file that holds Amazon's certificate authorities"
    )
    parser.add_argument(
        "--roots-only",
        action="store_true",
        help=f"write core/{ROOTS} beside the source, for a package without a layer",
    )
    arguments = parser.parse_args()
    try:
        roots = amazon_roots(arguments.bundle or installed_bundle())
        written = write_roots(roots) if arguments.roots_only else write_layer(arguments.out, roots)
    except (BuildError, OSError) as error:
        sys.exit(f"build_layer: {error}")
    sys.stdout.write(f"{written}\n")


def installed_bundle() -> Path:
    """Return certifi's bundle, or botocore's copy of it. Raises BuildError."""
    for package in ("certifi", "botocore"):
        spec = importlib.util.find_spec(package)
        if spec and spec.origin and (path := Path(spec.origin).parent / "cacert.pem").exists():
            return path
    raise BuildError(
        "neither certifi nor botocore is installed; --bundle names a PEM file instead."
    )


def amazon_roots(bundle: Path) -> str:
    """Return all certificates of AMAZON as PEM. Raises BuildError naming missing ones."""
    found: dict[str, str] = {}
    for text in _CERTIFICATE.findall(bundle.read_text(encoding="utf-8")):
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()
        if fingerprint in AMAZON:
            found[fingerprint] = text
    if missing := [name for fingerprint, name in AMAZON.items() if fingerprint not in found]:
        raise BuildError(f"{bundle} lacks {', '.join(missing)}.")
    return "".join(f"# {name}\n{found[fingerprint]}\n" for fingerprint, name in AMAZON.items())


def write_roots(roots: str) -> Path:
    path = CORE / ROOTS
    path.write_text(roots, encoding="utf-8")
    return path


def write_layer(path: Path, roots: str) -> Path:
    """Write the zip of core's modules, its mark that they are typed, and the authorities."""
    files = {
        f"python/core/{file.name}": file.read_bytes()
        for file in sorted([*CORE.glob("*.py"), CORE / "py.typed"])
    }
    files[f"python/core/{ROOTS}"] = roots.encode()
    with zipfile.ZipFile(path, "w") as layer:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            layer.writestr(entry, content)
    return path


if __name__ == "__main__":
    main()
