"""How an answer of the evaluator becomes a finding: what the checks of the access path share."""
