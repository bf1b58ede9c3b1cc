"""All that people and the console do in one environment: pages, saves, settling, checks."""

import json
from contextlib import suppress
from typing import Any

from django.core.management import CommandError, call_command

from deploy.demo.network import build_vpc, connect
from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.people.actor import Actor
from testkit.intents import intend
from testkit.posting import JSON, create_form, document_form, key_form, prod_rules, tag_form
from tests.conftest import SignedIn
from tests.terraform.iam_needs import Place
from tests.urls import every_url

NOTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
}


class Tour:
    def __init__(self, place: Place, signed_in: SignedIn) -> None:
        self.place, self.clients = place, place.clients
        self.roles = (
            place.environment.lambda_role,
            place.environment.assume_role.rpartition("/")[2],
        )
        self.foreign_key = ""  # of another team: the console may look at it, and not use it
        self.admin = signed_in("admin", place.environment.name, name="kenji")

    def take(self) -> None:
        self.make_strangers()
        try:
            self.see_and_do_everything()
        finally:  # Terraform does not delete a role that holds policies of others
            for role in self.roles:
                self.clients.iam.delete_role_policy(RoleName=role, PolicyName="inline")
            self.clients.organizations.delete_organization()
            connect(self.clients, self.place.environment, None)

    def see_and_do_everything(self) -> None:
        self.look_everywhere()
        self.look_for_older_reads()
        self.save()
        if self.place.environment.manage:
            self.manage()
        if self.place.environment.refresh:
            page = f"/{self.place.environment.name}/refresh/{self.name('config')}"
            assert self.admin.post(page, prod_rules(self.name("config"))).status_code == 302
        self.leave_an_intent_open()
        call_command("settle_audit", "--min-age", "0")
        call_command("run_checks")
        for secret in ("api-keys", "stranger", "managed", "nothing"):
            with suppress(SystemExit, CommandError):
                call_command(
                    "check_access", self.place.environment.name, "--secret", self.name(secret)
                )

    def name(self, secret: str) -> str:
        return self.place.environment.prefix + secret

    def make_strangers(self) -> None:
        """What a real account also has: a VPC, an organization, secrets under other keys, and
        policies inside roles.
        """
        environment = self.place.environment
        connect(self.clients, environment, build_vpc(self.clients, environment.region))
        self.clients.organizations.create_organization(FeatureSet="ALL")
        self.foreign_key = self.clients.kms.create_key(Description="another")["KeyMetadata"]["Arn"]
        value = json.dumps({"TOKEN": "x"})
        self.clients.secretsmanager.create_secret(
            Name=self.name("stranger"), SecretString=value, KmsKeyId=self.foreign_key
        )
        self.clients.secretsmanager.create_secret(Name=self.name("managed"), SecretString=value)
        for role in self.roles:
            self.clients.iam.put_role_policy(
                RoleName=role, PolicyName="inline", PolicyDocument=json.dumps(NOTHING)
            )

    def look_everywhere(self) -> None:
        """The whole menu over each kind of secret, and over one that is not there.

        Where nothing is managed only the two kinds whose keys the policy tells apart: the calls
        about the others are the same, and their statements stand in both policies.
        """
        kinds = ("api-keys", "stranger", *(("managed", "nothing") * self.place.environment.manage))
        names = [self.name(secret) for secret in kinds]
        urls = [every_url(environment=self.place.environment.name, name=name) for name in names]
        paths = {path for found in urls for name, path in found if not name.startswith("sign_")}
        for path in sorted(paths):
            answer = self.admin.get(path)
            b"".join(getattr(answer, "streaming_content", ()))

    def look_for_older_reads(self) -> None:
        name, environment = self.name("config"), self.place.environment
        wanted = 200 if environment.trail_log_group else 409
        assert self.admin.post(f"/{environment.name}/older-reads/{name}").status_code == wanted

    def save(self) -> None:
        """Saves a key, then the whole document; reviewed first, and once from an old version."""
        name = self.name("config")
        edit, whole = (
            f"/{self.place.environment.name}/{page}/{name}" for page in ("edit", "edit-document")
        )
        base = self.current(name)
        form = key_form(base, ("MIYABI_ROOT", "set", "/srv/tour"), **prod_rules(name))
        assert self.post(edit, form | {"step": "review"}).status_code == 200
        assert self.post(edit, form).status_code == 200
        late = key_form(base, ("BASE_URL", "set", "https://tour.example.com"), **prod_rules(name))
        assert self.post(edit, late).status_code == 409
        document = document_form(
            self.current(name), json.dumps({"MIYABI_ROOT": "/srv/tour"}), **prod_rules(name)
        )
        assert self.post(whole, document).status_code in (200, 302)

    def manage(self) -> None:
        """A secret comes, is described anew, goes, and comes back."""
        name, environment = self.name("made"), self.place.environment.name
        rules = prod_rules(name)
        pages = {
            page: f"/{environment}/{page}/{name}"
            for page in ("create", "describe", "delete", "cancel-deletion")
        }
        form = create_form({"A": "1"}, **tag_form({"Old": "1"}), **rules)
        assert self.post(pages["create"], form).status_code == 200
        seen = self.admin.get(pages["describe"]).context["seen"]
        anew = {"description": "new", "seen": seen, **tag_form({"New": "1"}), **rules}
        assert self.admin.post(pages["describe"], anew).status_code == 302
        assert self.admin.post(pages["delete"], {"days": "7", **rules}).status_code == 302
        assert self.admin.post(pages["cancel-deletion"], rules).status_code == 302

    def post(self, url: str, form: dict[str, Any]) -> Any:
        return self.admin.post(url, form, **JSON)

    def current(self, name: str) -> str:
        labels = self.clients.secretsmanager.describe_secret(SecretId=name)["VersionIdsToStages"]
        return next(version for version, stages in labels.items() if "AWSCURRENT" in stages)

    def leave_an_intent_open(self) -> None:
        """As a console does that ends in the middle of a save."""
        intend(
            Action.SAVE,
            Actor("hana", "192.0.2.7"),
            environment=self.place.environment.name,
            secret=self.name("config"),
            base_version_id=self.current(self.name("config")),
            keys=["MIYABI_ROOT"],
        )
