"""The collections, and the fields that are looked for."""

from typing import Literal

from runtime.store import Range, Where

DOSSIERS, REGISTER = "dossiers", "register"
READINGS = "name_readings"  # who had names opened, and for what; added to and never changed
LETTERS = "letters"  # which number the letter of a dossier tries for; what holds is the register
TEXTS = "message_texts"  # of messages, in units' own words: each version, added to and never changed
WISHES = "stop_wishes"  # by digest of a number: what its person wants of messages that nobody has to send
BATCHES = "print_batches"  # which letters were printed together, when, by whom
PAPERS = "papers"  # letters as they were issued, sealed to the key of their contact
MADE_FROM_LOG = (DOSSIERS,)  # the register stays: a number is never given twice
NEXT_SEND, LANE, HELD, FAILED, LOCKED = "next_send_at", "lane", "held", "failed", "locked"
UNREACHED, TAKEN_BACK = "unreached", "taken_back"
UNADDRESSED = "unaddressed"  # its letter is issued and names nobody (any more): no paper of it may stay
ON_PAPER = "on_paper"  # its letter has to be printed, or is printed and nobody knows that it arrived
PRINTED_AT = "printed_at"  # when that was, in ms; of no other letter
RECOVERED, CLIENT_IDS = "recovered", "client_ids"
DOUBTFUL: Where = {NEXT_SEND: Range(low=0)}  # something of it may have gone out since a copy was made
BY_DUE, ABOUT = "letter.due", "letter.about"
LetterState = Literal["drafted", "approved", "issuing", "sent", "rejected", "withdrawn"]
