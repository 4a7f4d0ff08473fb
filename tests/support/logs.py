"""An old log of each kind, small."""

EXPERIMENT = """=== RAG & RaR EXPERIMENT RESULTS ===



################ MODEL: tiny/model-1 ################


==================== QUESTION 1 ====================
Text: When was the lamp lit?

   >>> VANILLA LLM (No Context)
In 1900, I

#### think.

   >>> CHUNK STRATEGY: Small (800) | [TYPE: RAG | Top_K=3]
In 1874.

   >>> CHUNK STRATEGY: Large (1600) | [TYPE: RAG+RaR | Candidates=20 -> Top_K=5]
In 1874 [1].



################ MODEL: tiny/model-2 ################


==================== QUESTION 1 ====================
Text: When was the lamp lit?

   >>> CHUNK STRATEGY: Size (150) | [TYPE: RAG | Top_K=1]
Yes.
"""

LONG = "Whale oil burns bright. " * 10
RETRIEVAL = f"""=== DOCUMENT RETRIEVAL LOG ===
Query: What burns?
Retrieved 3 documents

--- Document 1 ---
Source: tide.txt
Chunk ID: 0
Similarity Score: 0.7000
Content: Water does not.

--- Document 2 ---
Source: lamp.txt
Chunk ID: 0
Similarity Score: 0.5000
Content: {LONG[:200]}...

--- Document 3 ---
Source: lamp.txt
Chunk ID: 1
Similarity Score: -0.1000
Content: {LONG[1:201]}...


=== RERANKING RESULTS ===
All 3 documents with reranking scores:

--- Reranked Document 1 ---
Source: lamp.txt
Chunk ID: 0
Reranking Score: 0.9000
Content: {LONG[:200]}...

--- Reranked Document 2 ---
Source: lamp.txt
Chunk ID: 1
Reranking Score: 0.2500
Content: {LONG[1:201]}...

--- Reranked Document 3 ---
Source: tide.txt
Chunk ID: 0
Reranking Score: 0.0100
Content: Water does not.

=== TOP 1 SELECTED DOCUMENTS ===
--- Selected Document 1 ---
Source: lamp.txt
Chunk ID: 0
Reranking Score: 0.9000
Full Content: {LONG.strip()}

"""
