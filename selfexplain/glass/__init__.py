"""Models made of glass: so small that anybody can read which words decide, so that a witness can be held to it.

Two ways of thinking about the sentiment of a sentence, a linear bag of words and a decision tree over words, each with
an honest and a lying explanation of itself. The answers, and how sure they are, are the same in both.
"""
