"""The independent checker: holds the ledger of the sink, the database and the audience against each other.

    checker.py --ledger L --database D --people P.csv [--case CASE.json]

Prints {"ok", "checks": {"C1": [what is broken], ...}, "figures": {...}} and ends with 0 when everything holds, else with 1.
"""
import argparse
import collections
import json
import sys

from audience import read_people
from checks import CHECKS
from database import Books, Database, attempt_in
from ledger import read_ledger

SHOWN = 20


class World:
    """One case as its three witnesses know it."""

    def __init__(self, ledger, books, people, case):
        self.ledger, self.books, self.people, self.case = ledger, books, people, case
        self.requests = [entry for entry in ledger if entry["kind"] == "request"]
        self.answers = [entry for entry in ledger if entry["kind"] == "answer"]
        self.accepted = [request for request in self.requests if request["verdict"] == "accepted"]
        self.told = [
            one["status"]
            for entry in ledger
            if entry["kind"] == "callback" and entry["answer"] == 200
            for one in entry["told"]
            if one["nature"] == "true"
        ]
        self.clock_error = sum(abs(entry["moved"]) for entry in ledger if entry["kind"] == "clock")
        self.planned_runs = [run for run in books.runs if run["status"] not in ("missed", "skipped")]
        self.run_ids = {int(run["id"]) for run in self.planned_runs}
        self._requests = {request["seq"]: request for request in self.requests}
        self._answers = {answer["seq"]: answer for answer in self.answers}

    def message_of(self, request):
        return self.books.message_of(attempt_in(request["reference"]))

    def request_of(self, answer):
        return self._requests[answer["seq"]]

    def is_answer_honest(self, request):
        """Whether what the provider said of itself was true; a scripted answer may name anything."""
        return self._answers.get(request["seq"], {}).get("honest", True)

    def is_answer_sure(self, request):
        """Whether Herald must have known: nothing was killed, and the honest answer was written whole and in time."""
        answer = self._answers.get(request["seq"])
        if answer is None or not answer["honest"] or self.case.get("kills"):
            return False
        is_in_time = answer["t_mono"] - request["arrived_mono"] < 0.9 * self.case.get("deadline", 30)
        return is_in_time and answer["status"] == 200 and answer["end"] == "kept"


def main(options):
    case = json.load(open(options.case, encoding="utf-8")) if options.case else {}
    world = World(read_ledger(options.ledger), Books(Database(options.database)), read_people(options.people), case)
    checks = {name: check(world) for name, check in CHECKS.items()}
    figures = {
        "people": len(world.people),
        "requests": len(world.requests),
        "accepted": len(world.accepted),
        "statuses": collections.Counter(message["status"] for message in world.books.messages),
        "callbacks": sum(entry["kind"] == "callback" for entry in world.ledger),
        "stalls": sum(entry["kind"] == "stall" for entry in world.ledger),
    }
    is_ok = not any(checks.values())
    shown = {name: broken[:SHOWN] for name, broken in checks.items()}
    print(json.dumps({"ok": is_ok, "checks": shown, "figures": figures}, ensure_ascii=False))
    return 0 if is_ok else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--people", required=True)
    parser.add_argument("--case")
    sys.exit(main(parser.parse_args()))
