"""Mutation testing: small changes of the code that decides, each of which some test has to notice.

Why a driver of our own: a run of mutmut copies the tree, wraps every function and changes nothing outside of functions, while
our tables of rules and limits stand there; a command per mutant starts Python anew, which costs more than the tests. The
changes themselves are mutmut's (`making.py` names what is added and left out). `rooms.yaml` says what is mutated and which
tests belong to it; `python -m tools.mutants` (./dev mutants) runs a sample.
"""
