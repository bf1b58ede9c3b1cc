"""Well-known mistakes in policies, found before the decisions that they spoil."""
