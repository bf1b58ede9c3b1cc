"""Turns the evaluator's decisions into findings, for the checks of the access path."""
