"""What a caller may send, as the API's documentation shows it; the tests send exactly this."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

FILE: dict[str, Any] = {
    "application": {
        "NAME_CONTRACT_TYPE": "Cash loans",
        "FLAG_OWN_CAR": "N",
        "FLAG_OWN_REALTY": "Y",
        "AMT_INCOME_TOTAL": 27000,
        "AMT_CREDIT": 45000,
        "AMT_ANNUITY": 2400,
        "AMT_GOODS_PRICE": 40000,
        "NAME_INCOME_TYPE": "Working",
        "NAME_EDUCATION_TYPE": "Higher education",
        "NAME_HOUSING_TYPE": "House / apartment",
        "DAYS_BIRTH": -14600,
        "DAYS_EMPLOYED": -1900,
        "EXT_SOURCE_2": 0.61,
    },
    "bureau": [
        {"SK_ID_BUREAU": 1, "CREDIT_ACTIVE": "Active", "DAYS_CREDIT": -420, "AMT_CREDIT_SUM": 8000},
        {"SK_ID_BUREAU": 2, "CREDIT_ACTIVE": "Closed", "DAYS_CREDIT": -1900, "AMT_CREDIT_SUM": 3000},
    ],
}
APPLICATION: dict[str, Any] = {
    "external_id": "shop-2026-000123",
    "product": "home_credit",
    "applicant": {
        "first_name": "Awa",
        "last_name": "Diallo",
        "birth_date": "1986-11-30",
        "email": "awa.diallo@example.org",
        "language": "fr",
    },
    "file": FILE,
    "score": True,
}

APPLICATIONS = [OpenApiExample("A client with two credits elsewhere", APPLICATION, request_only=True)]
FILES = [OpenApiExample("A new file", {"file": FILE}, request_only=True)]
