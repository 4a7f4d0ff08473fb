"""A class: its rules, the lesson, what students ask, and the gateway their phones come in by."""
