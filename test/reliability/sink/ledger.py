"""The ledger: one JSON line per event, only ever appended, with both clocks of this process.

`t_mono` is in seconds since some start, `t_wall` in seconds since 1970. A line is with the kernel before the sink goes on.
"""
import json
import time


class Ledger:
    def __init__(self, path):
        self._file = open(path, "a", encoding="utf-8")
        self._seq = 0

    def write(self, kind, **facts):
        self._seq += 1
        entry = {"n": self._seq, "kind": kind, "t_mono": time.monotonic(), "t_wall": time.time(), **facts}
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._file.flush()
        return entry


def read_ledger(path):
    """All entries; a last line that is not whole yet is left out."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]
