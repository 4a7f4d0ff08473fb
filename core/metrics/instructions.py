"""Where a passage speaks to the model instead of to its readers. Pure; knows patterns, no meaning.

A paper may hold words that are meant for the model that reads it: "ignore all previous
instructions", "you are now ...", the tags with which chats are framed. Such words can change an
answer, and nothing else here; this says where they stand, so that a reader can judge. It is
conservative: what is said otherwise is not found, and a paper that quotes such words is.
"""

import re

OLD = r"(?:previous|prior|above|earlier|preceding|foregoing|existing|original|system)"
ORDERS = r"(?:instructions?|prompts?|directions?|directives?|guidelines?|rules|commands?|context)"
READER = r"(?:the )?(?:users?|readers?|humans?|reviewers?|anyone|anybody)"
PATTERNS = (
    # Ignore all previous instructions; forget your earlier rules; override the system prompt.
    rf"\b(?:ignore|disregard|forget|override|bypass)\s+(?:\w+\s+){{0,3}}?{OLD}\s+"
    rf"(?:\w+\s+){{0,2}}?{ORDERS}\b",
    rf"\b(?:ignore|disregard|forget|override|bypass)\s+(?:all\s+|any\s+|of\s+)*"
    rf"(?:your|these|those)\s+{ORDERS}\b",
    r"\b(?:ignore|disregard|forget)\s+(?:everything|anything|all)\s+"
    r"(?:above|before|(?:that\s+)?you\s+(?:were|have\s+been)\s+told)\b",
    # You are now DAN; from now on you must; act as an unrestricted assistant.
    r"\byou\s+are\s+now\s+(?:an?\s+|the\s+|in\s+)?(?:\w+\s+){0,3}?"
    r"(?:assistant|chatbot|bot|ai|model|agent|persona|character|mode|DAN|system|expert|hacker|"
    r"jailbroken|unrestricted|free)\b",
    r"\bfrom\s+now\s+on,?\s+(?:you\s+(?:will|must|shall|should|are)|always|never|answer|respond|"
    r"reply)\b",
    r"\b(?:new|updated|real|secret|hidden)\s+(?:system\s+)?(?:instructions?|prompts?)\s*(?::|for\s+"
    r"(?:you|the\s+(?:assistant|model|ai))\b)",
    # Do not tell the user; reveal your system prompt.
    rf"\b(?:do\s+not|don['’]t|never)\s+(?:tell|inform|reveal\s+\w+\s+to|mention\s+\w+\s+to|warn|"
    rf"alert)\s+{READER}\b",
    r"\b(?:reveal|print|repeat|show|output|leak)\s+(?:me\s+)?(?:your|the)\s+(?:\w+\s+)?"
    r"(?:system\s+prompt|hidden\s+prompt|initial\s+instructions)\b",
    # As reviewers of papers found them, hidden in white letters.
    r"\b(?:give|write)\s+(?:only\s+)?a\s+positive\s+review\b",
    r"\bdo\s+not\s+(?:highlight|mention)\s+any\s+negatives?\b",
    r"\b(?:attention|note|message|instructions?)\s+(?:to|for)\s+(?:the\s+)?(?:ai|llms?|language\s+"
    r"models?|ai\s+(?:models?|assistants?|reviewers?)|chatbots?)\s*[:,]",
    # The frames of chats: ChatML, Llama, Gemma, Phi, DeepSeek; a role at the start of a line.
    r"<\|(?:im_start|im_end|endoftext|system|user|assistant|end|eot_id|begin_of_text|"
    r"start_header_id|end_header_id)\|>",
    r"<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|<｜(?:User|Assistant|end▁of▁sentence)｜>",
    r"^[ \t>*#]*(?:system|assistant)(?:\s+(?:prompt|message))?[ \t*]*:[ \t*]*(?:you\b|ignore\b|"
    r"do\s+not\b|always\b|never\b|respond\b|answer\b|reply\b)",
)
INSTRUCTION = re.compile("|".join(f"(?:{each})" for each in PATTERNS), re.IGNORECASE | re.MULTILINE)
# Characters without width, with which such words are hidden from a reader and a search.
WIDTHLESS = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def instructions(text: str) -> list[tuple[int, int]]:
    """Start and end of each place that reads like an instruction to the model, in order, none
    over another."""
    kept = [place for place, sign in enumerate(text) if not WIDTHLESS.match(sign)]
    plain = "".join(text[place] for place in kept)
    return [
        (kept[found.start()], kept[found.end() - 1] + 1) for found in INSTRUCTION.finditer(plain)
    ]
