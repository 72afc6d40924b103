"""What letters say about the lender; the address is one line per part."""

from typing import Any

from creditportal.settings import environment as env

LENDER: dict[str, Any] = {
    "name": env.text("LENDER_NAME", "Prêt à dépenser"),
    "address": env.names("LENDER_ADDRESS", "Service clients, 1 rue de l'Exemple, 69000 Lyon"),
    "contact": env.text("LENDER_CONTACT", "contestation@pret-a-depenser.example"),
    "contest_days": env.integer("LENDER_CONTEST_DAYS", 30, minimum=1),
    "answer_days": env.integer("LENDER_ANSWER_DAYS", 30, minimum=1),  # by when a contest is answered
    "mediator": env.text("LENDER_MEDIATOR", "mediation@pret-a-depenser.example"),
    "offer_days": env.integer("LENDER_OFFER_DAYS", 30, minimum=1),  # how long a counter-offer stands
    "debt_advice": {
        "en": env.text(
            "LENDER_DEBT_ADVICE_EN",
            "If you find it hard to pay what you owe, free and independent debt advice is there for you, for example"
            " at a Point conseil budget near you or at the Banque de France.",
        ),
        "fr": env.text(
            "LENDER_DEBT_ADVICE_FR",
            "Si vous avez du mal à rembourser vos dettes, un accompagnement gratuit et indépendant existe, par exemple"
            " dans un Point conseil budget près de chez vous ou auprès de la Banque de France.",
        ),
    },
}
