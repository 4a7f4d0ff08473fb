"""Libraries that are imported where they are used, and nowhere before."""

HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "chromadb",
    "faiss",
    "onnxruntime",
    "bm25s",
    "choix",
    "openai",
    "scipy",
    "ir_measures",
    "tiktoken",
}
