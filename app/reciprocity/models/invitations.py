"""What the gentle limits say, in plain words and on both sides: an invitation, never a reproach. Pure."""

from __future__ import annotations

from app.core.text import duration
from app.reciprocity.models.accounts import NO_LIMIT, BulleTerms
from app.reciprocity.models.people import Member


def tell_totals(given: int, received: int) -> str:
    """What someone gave and received, in minutes, as the end of a sentence: « a donné 9 h et reçu 2 h »."""
    match given, received:
        case 0, 0:
            return "n’a encore rien donné ni reçu"
        case _, 0:
            return f"a donné {duration(given)} et n’a encore rien reçu"
        case 0, _:
            return f"a reçu {duration(received)} et n’a encore rien donné"
        case _:
            return f"a donné {duration(given)} et reçu {duration(received)}"


def tell_own_totals(given: int, received: int) -> str:
    """The same to the person: « Vous avez donné 9 h et reçu 2 h »."""
    words = tell_totals(given, received)
    return "Vous " + words.replace("n’a ", "n’avez ").replace("a donné", "avez donné").replace(
        "a reçu", "avez reçu"
    )


def invitation(
    member: Member, given: int, received: int, balance: int, terms: BulleTerms
) -> str | None:
    """What to ask a member who is beyond a gentle limit, said to the team; None within both. Minutes."""
    question = {
        1: f"Qu’aimerait recevoir {member.name} ?",
        -1: f"Que pourrait partager {member.name} ?",
    }
    side = beyond_gentle(balance, terms)
    return f"{member.name} {tell_totals(given, received)}. {question[side]}" if side else None


def own_invitation(given: int, received: int, balance: int, terms: BulleTerms) -> str | None:
    """The same, said to the member."""
    question = {1: "Qu’aimeriez-vous recevoir ?", -1: "Que pourriez-vous partager ?"}
    side = beyond_gentle(balance, terms)
    return f"{tell_own_totals(given, received)}. {question[side]}" if side else None


def beyond_gentle(balance: int, terms: BulleTerms) -> int:
    """1: gave much more than they received, -1: the other way, 0: neither."""
    return (balance > terms.gentle_high) - (balance < terms.gentle_low)


def tell_limits(floor: int, ceiling: int) -> str:
    """How far an account may go, in minutes, as a sentence without its stop."""
    below = f"jusqu’à {duration(-floor)} reçues d’avance" if floor else "rien reçu d’avance"
    if ceiling >= NO_LIMIT:
        return f"{below}, sans limite pour donner"
    return f"{below}, et {duration(ceiling)} données d’avance"
