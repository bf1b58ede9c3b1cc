"""Well-known mistakes in policies, found before the questions that they spoil."""
