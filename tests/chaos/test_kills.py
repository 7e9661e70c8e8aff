"""Killed -9 at any point of the signing journey, the house ends with one signed document."""

from __future__ import annotations

import random
import threading

import pytest

from app.conventions.models import SealStep, SignatoryAct
from tests.chaos.house import PROCESSES, SERVERS, House, until
from tests.chaos.office import Journey, Office

WHILE_POSTING = ("before-commit", "before-push", "after-commit")
STEPS = ("before-advance_sealing", "before-sign", "after-put")
LAST_STEPS = ("before-seal", "after-put")


@pytest.mark.parametrize("victim", ["family", "postgres", "valkey"])
def test_killed_while_a_signature_is_posted(
    house: House, office: Office, journey: Journey, victim: str
) -> None:
    """Before the act is committed, between the commit and the push, before the answer."""
    for number, (person, point) in enumerate(zip(journey.people, WHILE_POSTING, strict=True), 1):
        person.open()
        person.ask_code()
        sprung = house.trap(f"web-{point}", victim)
        assert "Vous avez signé" in person.send_signature()
        until(sprung.exists, f"somebody dies {point}")
        until(lambda n=number: office.count(SignatoryAct, journey) == n, f"act {number}")
    office.check(journey)


@pytest.mark.parametrize("victim", ["self", "family", "postgres", "valkey"])
def test_killed_while_the_document_is_made(
    house: House, office: Office, journey: Journey, victim: str
) -> None:
    """Each signature's step, the seal's and the evidence's, each at another point."""
    for number, (person, point) in enumerate(zip(journey.people, STEPS, strict=True), 1):
        person.open()
        person.ask_code()
        sprung = house.trap(f"worker-{point}", victim)
        person.send_signature()
        until(sprung.exists, f"somebody dies {point}")
        if number < len(STEPS):
            until(lambda n=number: office.count(SealStep, journey) == n, f"step {number}")
    for point in LAST_STEPS:
        sprung = house.trap(f"worker-{point}", victim, passages=0 if point == "before-seal" else 1)
        until(sprung.exists, f"somebody dies {point}")
    office.check(journey)


@pytest.mark.parametrize(
    ("point", "victim"),
    [("before-render", "family"), ("after-freeze_document", "postgres")],
)
def test_killed_while_the_document_is_frozen(
    house: House, office: Office, point: str, victim: str
) -> None:
    journey = office.awaiting_denis()
    sprung = house.trap(f"worker-{point}", victim)
    office.agree("denis", journey)
    until(sprung.exists, f"somebody dies {point}")
    office.open_signing(journey)
    assert office.frozen_copies(journey) == 1


def test_a_mail_whose_sender_dies_is_one_mail(
    house: House, office: Office, journey: Journey
) -> None:
    for person, point in zip(journey.people, ("after-mail", "before-mail", ""), strict=True):
        person.open()
        sprung = house.trap(f"worker-{point}", "self") if point else None
        person.ask_code()
        assert sprung is None or sprung.exists()
        person.send_signature()
    office.check(journey)


def test_the_queue_is_forgotten_while_work_waits(
    house: House, office: Office, journey: Journey
) -> None:
    first, second, last = journey.people
    first.sign()
    second.sign()
    last.open()
    last.ask_code()
    with house.without("worker"):
        last.send_signature()
        with house.without("relay"):
            house.flush()
    office.check(journey)


def test_the_relay_dies_between_its_mark_and_its_push(
    house: House, office: Office, journey: Journey
) -> None:
    first, second, last = journey.people
    first.sign()
    second.sign()
    last.open()
    last.ask_code()
    with house.without("worker"):
        sprung = house.trap("relay-before-push", "self")
        with house.without("valkey"):
            last.send_signature()
        until(sprung.exists, "the relay dies")
    office.check(journey)


@pytest.mark.parametrize("seed", [7])
def test_killed_at_random(house: House, office: Office, journey: Journey, seed: int) -> None:
    """Something dies every few seconds, from the first signature to the last mail."""
    chance, over = random.Random(seed), threading.Event()  # noqa: S311 not a secret

    def kill() -> None:
        while not over.wait(chance.uniform(2, 5)):
            victim = chance.choice([*PROCESSES, *SERVERS, "horse"])
            house.kill_horse() if victim == "horse" else house.kill(victim)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for person in journey.people:
            person.sign()
    finally:
        over.set()
        killer.join()
    office.check(journey)
