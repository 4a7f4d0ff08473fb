"""From a question and recipes to answers: prompts, the batch, and what any page may watch."""
