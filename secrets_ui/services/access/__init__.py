"""Gathers what decides who can read a secret, and has it judged."""
