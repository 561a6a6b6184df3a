"""Derived identifiers: the same cause gives the same id, whoever computes it and however often."""

from uuid import NAMESPACE_URL, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "urn:dunghen")


def fact_id(dossier: str, kind: str, occasion: str, version: int) -> str:
    """Id of a fact: one version of one occasion, e.g. the first report of supplement request 12."""
    return str(uuid5(NAMESPACE, f"fact/{dossier}/{kind}/{occasion}/{version}"))


def statement_id(service: str, subject: str, kind: str, version: int) -> str:
    """Id of something a service states and may state anew: a due date, an outcome, a figure."""
    return str(uuid5(NAMESPACE, f"statement/{service}/{subject}/{kind}/{version}"))


def effect_id(service: str, dossier: str, kind: str, occasion: str) -> str:
    """Id of something that happens to people: named by its occasion, never by a version, so it happens once."""
    return str(uuid5(NAMESPACE, f"effect/{service}/{dossier}/{kind}/{occasion}"))
