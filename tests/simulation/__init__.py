"""Deterministic simulation: one seed, virtual time, real services over the twins of their ports, and every fault we know of."""
