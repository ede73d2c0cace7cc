"""Which fault meets which request. A script is a list of rules; the first that matches and is not used up applies.

A rule: {"match": {"to": [...], "nth": [...], "every": k, "from": n, "until": n, "probability": p},
         "times": how often at most, "phase": "before" | "after" | "answer", "action": {...}}

`before`: the provider has not read the body, nothing is accepted. `after`: it has accepted the message, no byte of the
answer is written. `answer`: accepted, and the answer is being written: `cut` says where.
Actions: {"do": "reset" | "close" | "silence" | "delay", "seconds": s} and {"do": "answer", "status": 500, "headers": {},
"body": text, "json": value, "repeat": times, "chunked": true, "drip": seconds, "trailing": text}.
"""
import random


class FaultScript:
    def __init__(self, rules=(), seed=1):
        self._rules = [dict(rule, used=0) for rule in rules]
        self._random = random.Random(seed)

    def rule_for(self, nth, to):
        for index, rule in enumerate(self._rules):
            if rule["used"] < rule.get("times", float("inf")) and self._matches(rule.get("match", {}), nth, to):
                rule["used"] += 1
                return index, rule
        return None, None

    def _matches(self, match, nth, to):
        return (
            ("to" not in match or to in match["to"])
            and ("nth" not in match or nth in match["nth"])
            and nth % match.get("every", 1) == 0
            and match.get("from", 0) <= nth <= match.get("until", float("inf"))
            and self._random.random() < match.get("probability", 1.1)
        )
