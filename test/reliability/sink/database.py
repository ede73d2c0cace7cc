"""The database as a stranger reads it: by the shell of its maker, never by Herald."""
import csv
import io
import subprocess


BETWEEN = "--- next ---"


class Database:
    """Addressed by a path or URL. SQLite today; `postgres://` asks psql the same questions."""

    def __init__(self, url):
        self.url = url
        self.is_sqlite = not url.startswith(("postgres://", "postgresql://"))

    def ask(self, *questions):
        """One list of rows for each question; one process for all of them."""
        if self.is_sqlite:
            command = ["sqlite3", "-batch", "-header", "-csv", self.url]
            script = ".timeout 10000\n" + "".join(f"{sql};\n.print {BETWEEN}\n" for sql in questions)
        else:
            command = ["psql", self.url, "--csv", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]
            script = "".join(f"{sql};\n\\echo {BETWEEN}\n" for sql in questions)
        done = subprocess.run(command, input=script, capture_output=True, text=True)
        if done.returncode != 0 or done.stderr.strip():
            raise RuntimeError(f"{command[0]}: {done.stderr.strip()}")
        parts = done.stdout.replace("\r\n", "\n").split(f"{BETWEEN}\n")
        return [list(csv.DictReader(io.StringIO(part))) for part in parts[: len(questions)]]


class Books:
    """Everything that the checks need, read once."""

    def __init__(self, database):
        self.database = database
        messages, attempts, self.runs, counts = database.ask(
            "SELECT m.id, m.run_id, c.phone, m.status, m.reason, m.attempt_id FROM messages m"
            " JOIN contacts c ON c.id = m.contact_id JOIN runs r ON r.id = m.run_id WHERE r.kind = 'scheduled'",
            "SELECT id, message_id, start_at_us, ended_at, outcome, tracking_id FROM attempts",
            "SELECT id, status, reason, occurrence_at, audience_count FROM runs WHERE kind = 'scheduled' ORDER BY id",
            "SELECT run_id, status, sum(count) AS count FROM run_counts GROUP BY run_id, status",
        )
        self.messages = [{**row, "id": int(row["id"]), "run_id": int(row["run_id"])} for row in messages]
        self.attempts = {int(row["id"]): row for row in attempts}
        self.counts = {(int(row["run_id"]), row["status"]): int(row["count"]) for row in counts}
        self.by_id = {message["id"]: message for message in self.messages}

    def message_of(self, attempt_id):
        attempt = self.attempts.get(attempt_id)
        return self.by_id.get(int(attempt["message_id"])) if attempt else None


def attempt_in(reference):
    """A reference is h<installation>-<epoch>-<attempt in base 36>; None when it is not one."""
    parts = (reference or "").split("-")
    try:
        return int(parts[2], 36) if len(parts) == 3 and parts[0].startswith("h") else None
    except ValueError:
        return None
