"""Status callbacks as Meta posts them: signed, at least once, in no promised order.

A plan: {"url": address, "statuses": ["sent", "delivered", "read"], "delay": s, "permute": bool, "repeat": n,
"lose": share, "batch": most in one request, "early": bool, "forge": [kinds]}.
Forged ones are signed too, and speak of what is not theirs: another epoch, another installation, another recipient,
another account, an attempt that never was, or a message of somebody else. None of them may move anything.
"""
import asyncio
import hashlib
import hmac
import json
import random
import time
from urllib.parse import urlsplit

TRIES = 400
RETRY_SECONDS = 0.25


class Callbacks:
    def __init__(self, ledger, secret, seed):
        self._ledger = ledger
        self._secret = secret.encode()
        self._random = random.Random(seed)
        self._plan = {}
        self._waiting = []
        self._open = 0

    def follow(self, plan):
        self._plan = plan
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self.accepted(*message)

    @property
    def open(self):
        return self._open + len(self._waiting)

    @property
    def is_early(self):
        return bool(self._plan.get("early"))

    def accepted(self, tracking_id, reference, to, account):
        """A message was accepted: everything that is to be told about it is posted in time."""
        if "url" not in self._plan:
            if self._plan.get("later"):
                self._waiting.append((tracking_id, reference, to, account))
            return
        told = self._statuses_of(tracking_id, reference, to)
        size = self._plan.get("batch", 1)
        for at in range(0, len(told), size):
            self._open += 1
            asyncio.ensure_future(self._post(told[at : at + size], account))

    def _statuses_of(self, tracking_id, reference, to):
        now = int(time.time())
        names = self._plan.get("statuses", [])
        true = [self._status(tracking_id, reference, to, name, now + n) for n, name in enumerate(names)]
        true = [status for status in true if self._random.random() >= self._plan.get("lose", 0)]
        told = [status for status in true for _ in range(self._plan.get("repeat", 1))]
        told += [self._forged(kind, tracking_id, reference, to, now) for kind in self._plan.get("forge", [])]
        if self._plan.get("permute"):
            self._random.shuffle(told)
        return told

    def _status(self, tracking_id, reference, to, name, at, nature="true"):
        status = {
            "id": tracking_id,
            "status": name,
            "timestamp": str(at),
            "recipient_id": to.lstrip("+"),
            "biz_opaque_callback_data": reference,
        }
        if name == "failed":
            status["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
        return {"nature": nature, "status": status}

    def _forged(self, kind, tracking_id, reference, to, now):
        installation, epoch, attempt = (reference or "h0-1-1")[1:].split("-")
        other = "wamid.forged" + hashlib.sha256((kind + tracking_id).encode()).hexdigest()[:20]
        forgeries = {
            "epoch": (other, f"h{installation}-{int(epoch) + 1}-{attempt}", to, "failed"),
            "installation": (other, f"h{'z' * len(installation)}-{epoch}-{attempt}", to, "failed"),
            "recipient": (other, reference, "+12025559999", "failed"),
            "attempt": (other, f"h{installation}-{epoch}-zzzzzz", to, "read"),
            "nobody": (other, None, to, "failed"),
            "account": (tracking_id, reference, to, "failed"),
        }
        tracking, ref, recipient, name = forgeries[kind]
        return self._status(tracking, ref, recipient, name, now, nature=kind)

    async def _post(self, told, account):
        await asyncio.sleep(self._plan.get("delay", 0) * (0.5 + self._random.random()))
        # What is of another account comes to the address of that account's sender.
        groups = {}
        for one in told:
            groups.setdefault(self._plan.get("otherUrl") if one["nature"] == "account" else self._plan["url"], []).append(one)
        for url, some in groups.items():
            if url is not None:
                await self._deliver(url, some, account)
        self._open -= 1
        if self.open == 0:
            self._ledger.write("quiet")

    async def _deliver(self, url, told, account):
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550000000", "phone_number_id": account},
            "statuses": [one["status"] for one in told],
        }
        change = {"field": "messages", "value": value}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()
        for n in range(TRIES):
            answer = await self._try(url, body)
            self._ledger.write("callback", answer=answer, tries=n + 1, told=told)
            if answer == 200:
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def _try(self, url, body):
        place = urlsplit(url)
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        head = (
            f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
            f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(place.hostname, place.port), 5)
            writer.write(head.encode() + body)
            line = await asyncio.wait_for(reader.readline(), 10)
            writer.close()
            return int(line.split()[1]) if line else "closed"
        except (OSError, ValueError, IndexError, asyncio.TimeoutError) as error:
            return type(error).__name__
