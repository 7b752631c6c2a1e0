"""Studies: many comparisons that together answer one question, such as from which size on a pool pays."""
