"""Which setting is better, what context does, and a published table computed again."""
