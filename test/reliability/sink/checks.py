"""What must hold between the ledger, the database and the audience when a case is over: C1 to C14.

Each check returns the sentences that are broken; none means that it holds. `case` says what the bench did and asked for.
"""
import collections
import datetime
import glob
import os
import zoneinfo

from audience import rendered
from database import attempt_in

SURE = {"accepted", "sent", "delivered", "read"}
UNSENT = {"skipped", "expired", "cancelled"}
ENDS = SURE | UNSENT | {"failed", "unknown"}
# How far two requests may move towards each other between the noted start and the arrival here.
ON_THE_WAY = 0.05
# A call that was permitted a second ago and then travels.
PERMITTED = 1.0 + 0.25
RANKS = ["accepted", "sent", "failed", "delivered", "read"]


def c1_nobody_twice(world):
    broken = []
    by_person = collections.Counter()
    accepted = collections.defaultdict(list)
    for request in world.accepted:
        message = world.message_of(request)
        accepted[(message["run_id"] if message else None, request["to"])].append(request)
        by_person[request["to"]] += 1
    if world.case.get("policy") == "atLeastOnce":
        for (run, to), requests in accepted.items():
            sure = [one for one in requests[:-1] if world.is_answer_sure(one)]
            if sure:
                broken.append(f"{to} got run {run} again after a sure answer (request {sure[0]['seq']})")
        return broken
    for (run, to), requests in accepted.items():
        if len(requests) > 1:
            broken.append(f"{to} has run {run} {len(requests)} times: requests {[one['seq'] for one in requests]}")
    copies = world.case.get("runs", 1)
    return broken + [f"{to} has {n} messages of {copies} run(s)" for to, n in by_person.items() if n > copies]


def c2_nobody_lost(world):
    broken = []
    if len(world.planned_runs) != world.case.get("runs", 1):
        broken.append(f"{len(world.planned_runs)} runs with an audience, expected {world.case.get('runs', 1)}")
    for run in world.planned_runs:
        rows = collections.Counter(m["phone"] for m in world.books.messages if m["run_id"] == int(run["id"]))
        broken += [f"run {run['id']} forgot {phone}" for phone in world.people if phone not in rows]
        broken += [f"run {run['id']} has {phone} {n} times" for phone, n in rows.items() if n > 1]
        broken += [f"run {run['id']} has {phone}, who is not of the audience" for phone in rows if phone not in world.people]
    unsent = [m["phone"] for m in world.books.messages if m["status"] in UNSENT]
    if len(unsent) > world.case.get("unsent", 0):
        broken.append(f"{len(unsent)} messages ended unsent, {world.case.get('unsent', 0)} were to: {unsent[:5]}")
    if world.case.get("finished", True):
        broken += [f"{m['phone']} is still {m['status']}" for m in world.books.messages if m["status"] not in ENDS]
        broken += [f"run {run['id']} is still {run['status']}" for run in world.planned_runs if run["status"] in ("planning", "sending")]
    return broken


def c3_books_and_ledger_agree(world):
    broken = []
    had = {(m["run_id"], m["phone"]) for m in map(world.message_of, world.accepted) if m}
    failed = {status["id"] for status in world.told if status["status"] == "failed"}
    told_failed = {world.message_of(r)["id"] for r in world.accepted if r["tracking_id"] in failed and world.message_of(r)}
    for message in world.books.messages:
        has = (message["run_id"], message["phone"]) in had
        if message["status"] in SURE and not has:
            broken.append(f"{message['phone']} is {message['status']}, but the provider never took the message")
        if has and message["status"] not in SURE | {"unknown"} and message["id"] not in told_failed:
            broken.append(f"{message['phone']} is {message['status']}, but the provider took the message")
    for request in world.accepted:
        attempt = world.books.attempts.get(attempt_in(request["reference"]), {})
        if world.is_answer_honest(request) and attempt.get("tracking_id") not in ("", None, request["tracking_id"]):
            broken.append(f"request {request['seq']} was answered {request['tracking_id']}, stored is {attempt['tracking_id']}")
    return broken


def c4_doubts_are_few(world):
    most = world.case.get("unknownMax")
    doubts = [message["phone"] for message in world.books.messages if message["status"] == "unknown"]
    if most is None or len(doubts) <= most:
        return []
    return [f"{len(doubts)} messages are unknown, at most {most} can have been on the wire"]


def c5_intent_comes_first(world):
    broken = []
    for request in world.requests:
        attempt = world.books.attempts.get(attempt_in(request["reference"]))
        message = world.message_of(request)
        if attempt is None or message is None:
            broken.append(f"request {request['seq']} names {request['reference']}, which is no attempt of ours")
        elif message["phone"] != request["to"]:
            broken.append(f"request {request['seq']} went to {request['to']}, its attempt is for {message['phone']}")
        elif int(attempt["start_at_us"]) / 1e6 > request["arrived_wall"] + ON_THE_WAY + world.clock_error:
            broken.append(f"request {request['seq']} arrived before the start of its attempt")
    return broken


def c6_no_reference_twice(world):
    counts = collections.Counter(request["reference"] for request in world.requests)
    return [f"{reference} was used for {n} requests" for reference, n in counts.items() if n > 1]


def c7_rate_is_kept(world):
    rate = world.case.get("rate")
    if rate is None:
        return []
    broken = []
    begun = sorted(int(a["start_at_us"]) / 1e6 for a in world.books.attempts.values() if a["outcome"] != "not_started")
    broken += [f"{n} calls were noted within a second from {at:.3f}, the rate is {rate}" for at, n in crowded(begun, 1.0, rate)]
    stalls = [(entry["began_mono"], entry["ended_mono"]) for entry in world.ledger if entry["kind"] == "stall"]
    for account in {request["account"] for request in world.requests}:
        arrived = sorted(r["arrived_mono"] for r in world.requests if r["account"] == account)
        for at, n in crowded(arrived, 1.0 - ON_THE_WAY, rate):
            if not any(began < at + 1 and ended > at - ON_THE_WAY for began, ended in stalls):
                broken.append(f"{n} requests of {account} within a second from {at:.3f}, the rate is {rate}")
    return broken


def crowded(times, window, most):
    """Windows that hold more than `most`, as (start, how many)."""
    last = 0
    for first, at in enumerate(times):
        last = max(last, first)
        while last < len(times) and times[last] < at + window:
            last += 1
        if last - first > most:
            yield at, last - first


def c8_stops_are_obeyed(world):
    broken = []
    for stop in world.case.get("stops", []):
        people = stop.get("to")
        until = stop.get("until", float("inf"))
        for request in world.requests:
            is_meant = people is None or request["to"] in people
            if is_meant and stop["at"] + PERMITTED + world.clock_error < request["arrived_wall"] < until:
                late = request["arrived_wall"] - stop["at"]
                broken.append(f"request {request['seq']} to {request['to']} came {late:.2f} s after a stop")
    return broken


def c9_holds_are_obeyed(world):
    broken = []
    grace = world.case.get("holdGrace", 0.3)
    for answer in world.answers:
        if answer["status"] != 429 or not str(answer["retry_after"] or "").isdigit():
            continue
        asked = world.request_of(answer)
        until = answer["t_mono"] + min(int(answer["retry_after"]), 86_400) - ON_THE_WAY
        for request in world.requests:
            if request["account"] == asked["account"] and answer["t_mono"] + grace < request["arrived_mono"] < until:
                broken.append(f"request {request['seq']} came during the hold that the answer to {answer['seq']} asked for")
    return broken


def c10_status_is_the_fold(world):
    if not world.case.get("callbacks"):
        return []
    facts = collections.defaultdict(set)
    for status in world.told:
        facts[status["id"]].add(status["status"])
    broken = []
    for request in world.accepted:
        message = world.message_of(request)
        if message is None:
            continue
        known = facts[request["tracking_id"]]
        expected = max(known | {"accepted"}, key=RANKS.index)
        is_open = message["status"] == "unknown" and not known
        if message["status"] != expected and not is_open:
            broken.append(f"{message['phone']} is {message['status']}, its callbacks make it {expected}")
    return broken


def c11_occurrences_are_complete(world):
    schedule = world.case.get("schedule")
    if schedule is None:
        return []
    expected = daily_occurrences(schedule)
    found = collections.Counter(int(run["occurrence_at"]) for run in world.books.runs)
    def day(at):
        return datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc).isoformat()
    return (
        [f"no run for the occurrence at {day(at)}" for at in expected if at not in found]
        + [f"a run at {day(at)}, which is no occurrence" for at in found if at not in expected]
        + [f"{n} runs for the occurrence at {day(at)}" for at, n in found.items() if n > 1]
    )


def daily_occurrences(schedule):
    """Epoch ms of a daily local time: in a gap the first valid minute after it, in an overlap the first of the two."""
    zone = zoneinfo.ZoneInfo(schedule["zone"])
    hour, minute = map(int, schedule["time"].split(":"))
    first = datetime.datetime.fromtimestamp(schedule["after"] / 1000, zone).date()
    found = []
    for day in range((schedule["until"] - schedule["after"]) // 86_400_000 + 2):
        local = datetime.datetime.combine(first + datetime.timedelta(days=day), datetime.time(hour, minute))
        while is_in_gap(local, zone):
            local += datetime.timedelta(minutes=1)
        at = round(local.replace(tzinfo=zone).timestamp() * 1000)
        if schedule["after"] < at <= schedule["until"]:
            found.append(at)
    return found


def is_in_gap(local, zone):
    there = local.replace(tzinfo=zone).astimezone(datetime.timezone.utc).astimezone(zone)
    return there.replace(tzinfo=None) != local


def c12_storage_is_sound(world):
    broken = []
    database = world.books.database
    if database.is_sqlite:
        integrity, foreign = database.ask("PRAGMA integrity_check", "PRAGMA foreign_key_check")
        broken += [f"integrity_check: {found}" for row in integrity if (found := row["integrity_check"]) != "ok"]
        broken += [f"foreign key of {row['table']}" for row in foreign]
        wal = database.url + "-wal"
        most = world.case.get("walMax", 64 * 1024 * 1024)
        if os.path.exists(wal) and os.path.getsize(wal) > most:
            broken.append(f"the write-ahead log has {os.path.getsize(wal)} bytes, at most {most} are expected")
        broken += [f"left behind: {os.path.basename(path)}" for path in glob.glob(database.url + "*part*")]
    actual = collections.Counter((m["run_id"], m["status"]) for m in world.books.messages)
    for key in set(actual) | {key for key in world.books.counts if key[0] in world.run_ids}:
        if actual[key] != world.books.counts.get(key, 0):
            broken.append(f"run {key[0]} counts {world.books.counts.get(key, 0)} {key[1]}, its rows are {actual[key]}")
    held = [m["phone"] for m in world.books.messages if m["status"] == "sending"]
    if world.case.get("finished", True) and held:
        broken.append(f"{len(held)} messages are held by a process")
    return broken


def c13_bodies_are_right(world):
    broken = []
    for request in world.requests:
        person = world.people.get(request["to"])
        if person is None:
            broken.append(f"request {request['seq']} went to {request['to']}, who is not of the audience")
        elif request["text"] != rendered(person):
            broken.append(f"request {request['seq']} to {request['to']} said {request['text']!r}")
    return broken


def c14_limits_are_kept(world):
    usage = world.case.get("usage", {})
    return [f"{name} is {one['found']}, the limit is {one['limit']}" for name, one in usage.items() if one["found"] > one["limit"]]


CHECKS = {
    "C1": c1_nobody_twice,
    "C2": c2_nobody_lost,
    "C3": c3_books_and_ledger_agree,
    "C4": c4_doubts_are_few,
    "C5": c5_intent_comes_first,
    "C6": c6_no_reference_twice,
    "C7": c7_rate_is_kept,
    "C8": c8_stops_are_obeyed,
    "C9": c9_holds_are_obeyed,
    "C10": c10_status_is_the_fold,
    "C11": c11_occurrences_are_complete,
    "C12": c12_storage_is_sound,
    "C13": c13_bodies_are_right,
    "C14": c14_limits_are_kept,
}
