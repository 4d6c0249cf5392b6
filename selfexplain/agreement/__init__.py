"""Measures between two claims, or a claim and evidence, each beside its value for claims drawn at random.

====================  =========================================================================
`measure`             what every measure promises; a new one is a new file with `@agreement`
`beside_chance`       one Record: the value, chance, and the percentile within its own null
`null`                random claims: all of them, or draws; exact means where there is a formula
`other_item`          what the explanations of other Items score here
`ceiling`             witness against witness
`over_run`            means over a Run, with intervals over clusters
`hallucinated`        named words that stand nowhere in the question
`verdict`             supported, not supported, no verdict
====================  =========================================================================

The only imports are numpy and, where a quantile needs it, scipy.
"""
