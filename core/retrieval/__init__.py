"""From a question to its evidence: chunks found, fused, reranked and cut to the best."""
