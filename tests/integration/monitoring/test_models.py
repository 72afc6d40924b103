import pytest
from django.urls import reverse

from scoring import registry
from tests.factories.accounts import UserFactory
from tests.integration.pages.conftest import INLINE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _strict(strict_templates):
    """Every page here is our own."""


@pytest.fixture
def client(signed_in, risk):
    return signed_in(risk)


def url(name, *args):
    return reverse(f"monitoring:{name}", args=args)


def text(response, status=200):
    assert response.status_code == status
    content = response.content.decode()
    assert INLINE.search(content) is None
    return content


def test_list_leads_to_each_model(client, champion):
    content = text(client.get(url("model-list")))
    assert url("model-detail", champion.version) in content
    assert "Champion" in content
    assert url("model-list") in text(client.get(url("monitoring-overview")))


def test_empty_registry_says_what_to_do(client):
    assert "register its bundle" in text(client.get(url("model-list")))


def test_model_shows_its_figures_and_its_card_in_a_frame(client, champion):
    content = text(client.get(url("model-detail", champion.version)))
    assert f"{champion.manifest['metrics'][0]['auc']['value']:.3f}" in content
    assert f'<iframe class="report-frame" sandbox src="{url("model-card", champion.version)}"' in content
    assert champion.checksum in content


def test_card_is_served_without_any_right(client, champion, trained_bundle):
    response = client.get(url("model-card", champion.version))
    policy = {part.strip() for part in response.headers["Content-Security-Policy"].split(";")}
    assert policy == {"sandbox", "default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"}
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert response.content == (trained_bundle / "model_card.html").read_bytes()


def test_card_in_french(client, risk, champion, trained_bundle):
    type(risk).objects.update(language="fr")
    assert (
        client.get(url("model-card", champion.version)).content == (trained_bundle / "model_card.fr.html").read_bytes()
    )
    assert "Fiche du modèle" in text(client.get(url("model-detail", champion.version)))


def test_card_as_a_file(client, champion, trained_bundle):
    page = client.get(url("model-card", champion.version) + "?download")
    assert page.headers["Content-Disposition"] == f'attachment; filename="{champion.version}.html"'
    markdown = client.get(url("model-card-markdown", champion.version))
    assert markdown.headers["Content-Disposition"] == f'attachment; filename="{champion.version}.md"'
    assert markdown.content == (trained_bundle / "model_card.md").read_bytes()


def test_altered_card_is_not_shown(client, champion, bundle_copy):
    card = bundle_copy / "model_card.html"
    card.write_bytes(card.read_bytes().replace(b"Limits", b"Lights"))
    content = text(client.get(url("model-detail", champion.version)))
    assert "model_card.html" in content
    assert "<iframe" not in content
    assert client.get(url("model-card", champion.version)).status_code == 503


def test_bundle_without_drawn_card_offers_the_text(client, champion, monkeypatch):
    model = registry.load(champion)
    monkeypatch.setitem(model.__dict__, "card_pages", {})
    content = text(client.get(url("model-detail", champion.version)))
    assert "its card is there as text" in content
    assert "<iframe" not in content
    assert client.get(url("model-card", champion.version)).status_code == 404
    assert client.get(url("model-card-markdown", champion.version)).status_code == 200


def test_unknown_version_is_404(client):
    for name in ("model-detail", "model-card", "model-card-markdown"):
        assert client.get(url(name, "nothing")).status_code == 404


@pytest.mark.parametrize("role", ["officer", "senior", "administrator"])
def test_others_are_told_who_may(signed_in, role, champion):
    client = signed_in(UserFactory(**({} if role == "officer" else {role: True})))
    for name in ("model-detail", "model-card", "model-card-markdown"):
        assert "Risk manager" in text(client.get(url(name, champion.version)), 403)


def test_auditor_reads(signed_in, champion):
    text(signed_in(UserFactory(auditor=True)).get(url("model-detail", champion.version)))
