"""Triptych's core: retrieval and answers made comparable. Knows nothing of Streamlit."""
