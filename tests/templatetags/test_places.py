"""An environment stands as a chip in the colour of its configuration."""

import pytest
from django.template import engines

from secrets_ui.services import configuration
from secrets_ui.templatetags.places import edge_class, environment_chip
from tests.conftest import Estate


@pytest.mark.usefixtures("estate")
def test_a_chip_has_the_colour_of_its_environment(estate: Estate) -> None:
    colours = {name: e.colour for name, e in configuration.environments().items()}
    assert colours == {"dev": "green", "staging": "amber", "prod": "red"}
    for name, colour in colours.items():
        assert environment_chip(name) == f'<span class="tag edge-{colour}">{name}</span>'


@pytest.mark.usefixtures("estate")
def test_one_that_is_not_configured_any_more_has_no_colour_and_stays_inert() -> None:
    assert edge_class("gone") == "edge-none"
    assert environment_chip("<b>") == '<span class="tag edge-none">&lt;b&gt;</span>'


@pytest.mark.usefixtures("estate")
def test_every_template_knows_it_without_loading_it() -> None:
    template = engines["django"].from_string('{% environment_chip "prod" %}{{ "dev"|edge_class }}')
    assert template.render() == '<span class="tag edge-red">prod</span>edge-green'
