"""Every write of the context, one file per aggregate; here, what the demonstration and the commands
of the installation use."""

from app.reciprocity.commands.accounts import Terms, open_ledger, set_terms
from app.reciprocity.commands.cheques import Slip, issue_booklet, key_cheques
from app.reciprocity.commands.clearing import (
    LIMIT,
    ReceivedHelp,
    receive_limit,
    record_received_help,
    say_limit,
)
from app.reciprocity.commands.exchanges import (
    Exchange,
    describe_exchange,
    record_exchange,
    record_group,
    share_out,
)
from app.reciprocity.commands.fund import RuleSheet, adopt_rule, give_to_fund, grant
from app.reciprocity.commands.holds import Request, ask_confirmation
from app.reciprocity.commands.hours import Hours, declare_hours
from app.reciprocity.commands.ledger import call_rows, operator_of
from app.reciprocity.commands.links import print_link
from app.reciprocity.commands.members import MemberSheet, join_member
from app.reciprocity.commands.offers import OfferSheet, publish_offer
from app.reciprocity.commands.sealing import close_days, sign_seal, write_seal
from app.reciprocity.commands.verifying import examine_register
from app.reciprocity.models.faults import Fault

__all__ = [
    "LIMIT",
    "Exchange",
    "Fault",
    "Hours",
    "MemberSheet",
    "OfferSheet",
    "ReceivedHelp",
    "Request",
    "RuleSheet",
    "Slip",
    "Terms",
    "adopt_rule",
    "ask_confirmation",
    "call_rows",
    "close_days",
    "declare_hours",
    "describe_exchange",
    "examine_register",
    "give_to_fund",
    "grant",
    "issue_booklet",
    "join_member",
    "key_cheques",
    "open_ledger",
    "operator_of",
    "print_link",
    "publish_offer",
    "receive_limit",
    "record_exchange",
    "record_group",
    "record_received_help",
    "say_limit",
    "set_terms",
    "share_out",
    "sign_seal",
    "write_seal",
]
