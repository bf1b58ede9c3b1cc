"""The Helm chart: rendered by helm where it is installed, and else by the little that it uses."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.demo.local_aws import PROJECT
from secrets_ui.domain.memory import shortage
from tests.deploy.dockerfile import read_stages

CHART = PROJECT / "deploy" / "helm" / "miyabi-console"
GIVEN: dict[str, Any] = {
    "image": {"reference": f"registry.example.com/miyabi-console@sha256:{'0' * 64}"},
    "host": "console.miyabi-world.com",
    "environments": '[environments.dev]\nregion = "us-west-2"\n',
    "ingress": {"className": "internal"},
}
KNOWN = set(
    re.findall(r"^#?([A-Z_]+)=", (PROJECT / ".env.example").read_text("utf-8"), re.MULTILINE)
)


def values() -> dict[str, Any]:
    default = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return {
        name: value | GIVEN[name] if isinstance(value, dict) and name in GIVEN else
        GIVEN.get(name, value)
        for name, value in default.items()
    }  # fmt: skip


FUNCTIONS: dict[str, Callable[[Any], str]] = {
    "quote": lambda value: json.dumps(str(value)),
    "toJson": json.dumps,
    "sha256sum": lambda value: hashlib.sha256(value.encode()).hexdigest(),
}


def expand(expression: str) -> str:
    """`.Values.a.b | quote` and so on. Of `merge`, the names and values of its dict."""
    first, *functions = [part.strip() for part in re.split(r" \| (?![^(]*\))", expression)]
    value: Any
    if first.startswith("merge (dict "):
        names = re.findall(r'"([A-Z_]+)" (\(?\.?[\w."]+)', first)
        value = {name: expand(found.strip('("')) if "." in found else found.strip('"')
                 for name, found in names}  # fmt: skip
    elif first == ".Release.Name":
        value = "miyabi"
    else:
        value = values()
        for step in first.removeprefix(".Values").split(".")[1:]:
            value = value[step]
    for function in functions:
        value = FUNCTIONS[function](value)
    return str(value)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The objects by their kind; of two config maps, by the last part of the name as well."""
    if shutil.which("helm"):
        file = tmp_path_factory.mktemp("helm") / "values.yaml"
        file.write_text(json.dumps(GIVEN), encoding="utf-8")
        text = helm("template", "miyabi", str(CHART), "--values", str(file))
        helm("lint", "--strict", str(CHART), "--values", str(file))
    else:
        templates = [path.read_text("utf-8") for path in sorted(CHART.glob("templates/*.yaml"))]
        text = re.sub(r"\{\{ (.+?) \}\}", lambda m: expand(m[1]), "\n---\n".join(templates))
    found = [document for document in yaml.safe_load_all(text) if document]
    return {
        document["kind"] + document["metadata"]["name"].removeprefix("miyabi"): document
        for document in found
    }


def helm(*arguments: str) -> str:
    done = subprocess.run(["helm", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pod(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its template's spec, and the one container in it."""
    spec = document["spec"]["template"]["spec"]
    [container] = spec["containers"]
    return spec, container


@pytest.mark.parametrize("name", ["Deployment", "Job-migrate"])
def test_its_pods_run_as_the_image_asks_and_may_do_nothing_else(
    rendered: dict[str, Any], name: str
) -> None:
    spec, container = pod(rendered[name])
    [user] = read_stages()["console"].all("USER")
    who = spec["securityContext"]
    assert f"{who['runAsUser']}:{who['runAsGroup']}" == user
    assert who["runAsNonRoot"] is True
    assert who["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["image"] == GIVEN["image"]["reference"]
    [tmp] = [volume for volume in spec["volumes"] if volume["name"] == "tmp"]
    assert tmp["emptyDir"]["medium"] == "Memory"
    assert {volume["name"] for volume in spec["volumes"]} == {
        mount["name"] for mount in container["volumeMounts"]
    }


def test_settings_are_the_console_s_and_secrets_come_from_secrets(rendered: dict[str, Any]) -> None:
    settings = rendered["ConfigMap-settings"]["data"]
    assert set(settings) <= KNOWN
    assert settings["ALLOWED_HOSTS"] == GIVEN["host"]
    assert not [name for name in settings if re.search("KEY|PASSWORD|TOKEN|DATABASE", name)]
    _, console = pod(rendered["Deployment"])
    _, migrate = pod(rendered["Job-migrate"])
    assert console["envFrom"][0] == {"secretRef": {"name": "miyabi-console"}}
    assert migrate["envFrom"] == [{"secretRef": {"name": "miyabi-console-migrate"}}]
    assert {entry["name"] for entry in migrate["env"]} - KNOWN == {"CONSOLE_USER"}
    assert rendered["ConfigMap-environments"]["data"]["environments.toml"] == GIVEN["environments"]


def test_the_old_pods_go_on_until_the_new_ones_answer(rendered: dict[str, Any]) -> None:
    spec, console = pod(rendered["Deployment"])
    rolling = rendered["Deployment"]["spec"]["strategy"]["rollingUpdate"]
    assert rolling == {"maxUnavailable": 0, "maxSurge": 1}
    assert console["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert console["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "http"}
    assert spec["terminationGracePeriodSeconds"] > 30 + 5
    hook = rendered["Job-migrate"]["metadata"]["annotations"]["helm.sh/hook"]
    assert hook == "pre-install,pre-upgrade"


def test_its_parts_find_one_another(rendered: dict[str, Any]) -> None:
    template = rendered["Deployment"]["spec"]["template"]
    labels = template["metadata"]["labels"]
    assert rendered["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert rendered["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert rendered["Service"]["spec"]["selector"] == labels
    # A job's pod gets no requests.
    migrating = rendered["Job-migrate"]["spec"]["template"]["metadata"]["labels"]
    assert migrating["app.kubernetes.io/name"] != labels["app.kubernetes.io/name"]
    [rule] = rendered["Ingress"]["spec"]["rules"]
    assert rule["host"] == GIVEN["host"]
    assert rule["http"]["paths"][0]["backend"]["service"]["name"] == "miyabi"
    assert template["spec"]["serviceAccountName"] == rendered["ServiceAccount"]["metadata"]["name"]


def test_memory_is_enough_for_its_workers() -> None:
    limit = values()["resources"]["limits"]["memory"]
    assert shortage(values()["webConcurrency"], 8, 2, int(limit.removesuffix("Mi"))) == ""


def test_what_has_to_be_given_is_asked_for_by_the_schema() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    properties = schema["properties"]
    assert set(properties) == set(values())
    default = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    for pattern, empty, given in (
        (properties["image"]["properties"]["reference"]["pattern"],
         default["image"]["reference"], GIVEN["image"]["reference"]),
        (properties["host"]["pattern"], default["host"], GIVEN["host"]),
        (properties["environments"]["pattern"], default["environments"], GIVEN["environments"]),
    ):  # fmt: skip
        assert not re.search(pattern, empty)
        assert re.search(pattern, str(given))


def test_the_chart_s_version_is_the_console_s() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = (Path(PROJECT) / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{chart["appVersion"]}"' in project
