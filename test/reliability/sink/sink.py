"""A provider of its own for the fault bench: Meta's Cloud API as far as sending text needs it, on loopback.

Shares no code with Herald and asks it nothing. Everything that comes and goes is in the ledger; faults come from a script.
Started with a ledger and a token; prints {"port": n} when it listens. POST /-/script, /-/callbacks change its ways while it
runs, GET /-/open says how many callbacks are still to be posted.
"""
import argparse
import asyncio
import hashlib
import json
import os
import socket
import struct
import time

from callbacks import Callbacks
from fault_script import FaultScript
from ledger import Ledger

HEAD_BYTES_MAX = 65_536
# Nothing of the sink itself takes so long: whatever arrived meanwhile has a time that is too late.
STALL_SECONDS = 0.03
# Smaller steps of the wall clock are within what the checks allow.
CLOCK_STEP_SECONDS = 0.02
FOREVER = 3600


class Gone(Exception):
    """The connection is over: by the peer, or by a fault."""


class Sink:
    def __init__(self, options):
        self.ledger = Ledger(options.ledger)
        self.callbacks = Callbacks(self.ledger, options.secret, options.seed)
        self.script = FaultScript(seed=options.seed)
        self.options = options
        self.sends = 0
        self.connections = 0

    async def serve(self, reader, writer):
        self.connections += 1
        connection = self.connections
        try:
            while True:
                head = await self.read_head(reader, connection)
                if head is None:
                    break
                method, path, headers = head
                if path.startswith("/-/"):
                    await self.control(path, await self.read_body(reader, headers), writer)
                elif method == "POST" and path.split("?")[0].endswith("/messages"):
                    await self.send(path, headers, reader, writer, connection)
                else:
                    await self.read_body(reader, headers)
                    await self.write_answer(writer, {"status": 404, "json": graph_error(100, "Unsupported request", 33)})
        except (Gone, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def read_head(self, reader, connection):
        """None when the peer closed, or was idle for too long."""
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self.options.idle)
        except (asyncio.IncompleteReadError, asyncio.TimeoutError, asyncio.LimitOverrunError) as error:
            partial = getattr(error, "partial", b"")
            if partial:
                self.ledger.write("broken", connection=connection, bytes=len(partial))
            return None
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        return method, path, {**headers, "raw-authorization": original(lines, "authorization")}

    async def read_body(self, reader, headers):
        return await reader.readexactly(int(headers.get("content-length", 0)))

    async def send(self, path, headers, reader, writer, connection):
        arrived = {"t_mono": time.monotonic(), "t_wall": time.time()}
        try:
            body = await self.read_body(reader, headers)
        except asyncio.IncompleteReadError as error:
            self.ledger.write("broken", connection=connection, bytes=len(error.partial))
            raise Gone() from error
        self.sends += 1
        nth = self.sends
        account = path.split("?")[0].split("/")[-2]
        message = read_message(body)
        to = message.get("to")
        index, rule = self.script.rule_for(nth, to)
        phase = rule["phase"] if rule else None
        refusal = self.refusal_of(headers, message)
        is_dropped = phase == "before" and rule["action"]["do"] != "delay"
        verdict = "dropped" if is_dropped else "refused" if refusal else "accepted"
        if is_dropped and rule["action"]["do"] == "answer":
            verdict = "refused"
        tracking_id = None
        if verdict == "accepted":
            tracking_id = "wamid." + hashlib.sha256(f"{os.getpid()} {nth}".encode()).hexdigest()[:32]
        if phase == "before" and rule["action"]["do"] == "delay":
            await asyncio.sleep(rule["action"]["seconds"])
        self.ledger.write(
            "request",
            seq=nth,
            arrived_mono=arrived["t_mono"],
            arrived_wall=arrived["t_wall"],
            connection=connection,
            account=account,
            to=to,
            reference=message.get("biz_opaque_callback_data"),
            text=(message.get("text") or {}).get("body"),
            sha256=hashlib.sha256(body).hexdigest(),
            verdict=verdict,
            tracking_id=tracking_id,
            rule=index,
        )
        if tracking_id and self.callbacks.is_early:
            self.callbacks.accepted(tracking_id, message.get("biz_opaque_callback_data"), to, account)
            await asyncio.sleep(self.options.latency)
        elif tracking_id:
            self.callbacks.accepted(tracking_id, message.get("biz_opaque_callback_data"), to, account)
        usual = refusal or {"status": 200, "json": acceptance(to, tracking_id)}
        await self.answer(writer, nth, usual, rule)

    async def answer(self, writer, nth, usual, rule):
        """The answer as the script has it; the ledger says how much of it was written, and whether it was an honest one."""
        end, status, wrote = "kept", None, 0
        action = rule["action"] if rule else None
        try:
            if action is None or action["do"] == "delay":
                await asyncio.sleep(action["seconds"] if action and rule["phase"] != "before" else self.options.latency)
                status, wrote = usual["status"], await self.write_answer(writer, usual)
            elif action["do"] == "answer":
                await asyncio.sleep(action.get("seconds", self.options.latency))
                status = action["status"]
                wrote = await self.write_answer(writer, {**action, "tracking": usual})
            else:
                if rule["phase"] == "answer":
                    wrote = await self.write_part(writer, usual, action["cut"])
                end = action["do"]
                await self.end_connection(writer, action)
        except (ConnectionError, Gone):
            end = end if end != "kept" else "peer"
            raise Gone() from None
        finally:
            honest = action is None or action["do"] == "delay" or bool(action.get("honest"))
            retry_after = (action or {}).get("headers", {}).get("Retry-After") if status else None
            self.ledger.write(
                "answer", seq=nth, status=status, bytes=wrote, end=end, honest=honest, retry_after=retry_after
            )

    async def end_connection(self, writer, action):
        if action["do"] == "silence":
            await asyncio.sleep(action.get("seconds", FOREVER))
        if action["do"] == "reset":
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        raise Gone()

    def refusal_of(self, headers, message):
        if headers["raw-authorization"] != f"Bearer {self.options.token}":
            return {"status": 401, "json": graph_error(190, "Invalid OAuth access token")}
        if message.get("messaging_product") != "whatsapp" or not message.get("to") or message.get("type") != "text":
            return {"status": 400, "json": graph_error(100, "Invalid parameter")}
        return None

    async def write_answer(self, writer, answer):
        body = body_of(answer)
        headers = {"Content-Type": "application/json", **answer.get("headers", {})}
        if answer.get("chunked"):
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = answer.get("length", len(body) * answer.get("repeat", 1))
        informational = answer.get("continues", 0) * b"HTTP/1.1 100 Continue\r\n\r\n"
        head = informational + head_of(answer["status"], headers)
        if "drip" in answer:
            return await drip(writer, head + body, answer["drip"])
        writer.write(head)
        written = len(head)
        for _ in range(answer.get("repeat", 1)):
            piece = f"{len(body):x}\r\n".encode() + body + b"\r\n" if answer.get("chunked") else body
            writer.write(piece)
            written += len(piece)
            await writer.drain()
        if answer.get("trailing"):
            writer.write(answer["trailing"].encode())
        await writer.drain()
        return written

    async def write_part(self, writer, usual, cut):
        body = body_of(usual)
        head = head_of(usual["status"], {"Content-Type": "application/json", "Content-Length": len(body)})
        whole = {"status_line": head[:9], "headers": head, "half": head + body[: len(body) // 2], "last_byte": head + body[:-1]}
        writer.write(whole[cut])
        await writer.drain()
        return len(whole[cut])

    async def control(self, path, body, writer):
        given = json.loads(body or b"{}")
        if path == "/-/script":
            self.script = FaultScript(given.get("rules", []), self.options.seed)
            self.sends = 0 if given.get("recount") else self.sends
        if path == "/-/callbacks":
            self.callbacks.follow(given)
        self.ledger.write("control", path=path)
        await self.write_answer(writer, {"status": 200, "json": {"open": self.callbacks.open}})

    async def watch_itself(self):
        """Times of arrival are only as good as this process is awake, and instants as the wall clock stands still."""
        last = time.monotonic()
        offset = time.time() - last
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            moved = time.time() - now - offset
            if abs(moved) > CLOCK_STEP_SECONDS:
                self.ledger.write("clock", moved=moved)
                offset += moved
            if now - last > STALL_SECONDS:
                self.ledger.write("stall", began_mono=last, ended_mono=now)
            last = now


def original(lines, name):
    found = [line.split(": ", 1)[1] for line in lines[1:] if line.lower().startswith(name + ": ")]
    return found[0] if found else ""


def read_message(body):
    try:
        message = json.loads(body)
    except ValueError:
        return {}
    to = message.get("to") if isinstance(message, dict) else None
    return {**message, "to": "+" + str(to).lstrip("+")} if to else {}


def acceptance(to, tracking_id):
    contact = {"input": to, "wa_id": to.lstrip("+")}
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": tracking_id}]}


def graph_error(code, message, subcode=None):
    error = {"message": message, "type": "OAuthException", "code": code}
    return {"error": {**error, **({"error_subcode": subcode} if subcode else {})}}


def body_of(answer):
    """`{tracking}` in a scripted body is what the honest answer would have said."""
    if "json" in answer:
        return json.dumps(answer["json"]).encode()
    text = answer.get("body", "")
    if "tracking" in answer:
        text = text.replace("{tracking}", json.dumps(answer["tracking"].get("json")))
    return text.encode("utf-8", "surrogateescape")


def head_of(status, headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode()


async def drip(writer, data, seconds):
    for at in range(len(data)):
        writer.write(data[at : at + 1])
        await writer.drain()
        await asyncio.sleep(seconds)
    return len(data)


async def main(options):
    sink = Sink(options)
    server = await asyncio.start_server(sink.serve, "127.0.0.1", options.port, limit=HEAD_BYTES_MAX)
    sink.ledger.write("start", pid=os.getpid(), seed=options.seed)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await sink.watch_itself()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--token", default="sink-token")
    parser.add_argument("--secret", default="sink-secret")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.005)
    parser.add_argument("--idle", type=float, default=FOREVER, help="seconds after which an idle connection is closed")
    parser.add_argument("--seed", type=int, default=1)
    try:
        asyncio.run(main(parser.parse_args()))
    except KeyboardInterrupt:
        pass
