"""The people of a bench, made here and known to nobody else: a CSV to import, and what each of them must read.

Numbers lie in a range that is kept for fiction; benches of many people run past it, and nothing leaves the machine.
"""
import csv
import json
import sys

NAMES = ["Ana", "Zoë", "O'Neil", 'Jim "J" Ray', "Łukasz", "Name, with comma", "李雷", "Ünal", "{{ phone }}", "Bo"]
TEXT = "Hello {{ first_name }}, your code is {{ code }}."


def people(count):
    for n in range(count):
        yield {
            "phone": f"+1{202 + n // 10_000}555{n % 10_000:04d}",
            "first_name": NAMES[n % len(NAMES)],
            "code": f"K-{n * 7919 % 1_000_003:06d}",
        }


def rendered(person):
    """The text as the provider must get it: each place is filled once, and what was filled in is not read again."""
    before, rest = TEXT.split("{{ first_name }}")
    between, after = rest.split("{{ code }}")
    return before + person["first_name"] + between + person["code"] + after


def read_people(path):
    with open(path, encoding="utf-8", newline="") as file:
        return {row["phone"]: row for row in csv.DictReader(file)}


def write_people(path, count):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["phone", "first_name", "code"])
        writer.writeheader()
        writer.writerows(people(count))


if __name__ == "__main__":
    write_people(sys.argv[1], int(sys.argv[2]))
    print(json.dumps({"text": TEXT}))
