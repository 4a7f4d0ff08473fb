"""How much work an answer is, whatever computes it. Pure."""

WRITTEN = 8  # a token written takes as long as so many read


def answer_units(prompt_tokens: float, answer_tokens: float) -> float:
    """How much work an answer is: tokens read, and tokens written at their weight."""
    return prompt_tokens + WRITTEN * answer_tokens
