"""A deck as it should be."""

GOOD = """# Flashcards: Tides (Part 2)

**Starting Chapter:** The moon

---

#### High water
Seas rise and fall.
:p What lifts the sea?
??x
The moon.
x??

---
"""
