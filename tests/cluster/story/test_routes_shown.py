"""What people see of the routes: the proof's matrix, who lost the context, `trace`, and `devstack routes`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground.demo.stage import ROOT, Stage
from tests.cluster.story.people import DOCKERFILE, Repository

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

# Two services of one repository: the front asks the back, and hands the context on only where it is told to.
APP = """import http.server, json, os, urllib.request

class Hop(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        context, after = self.headers.get("uber-ctx-key", ""), {}
        if os.environ.get("NEXT") and self.path != "/healthz":
            sent = {"uber-ctx-key": context} if open("/hands.txt").read().strip() == "on" and context else {}
            with urllib.request.urlopen(urllib.request.Request(os.environ["NEXT"], headers=sent), timeout=5) as answer:
                after = {"back": json.load(answer)}
        whole = {"service": os.environ["SERVICE"], "label": os.environ.get("DEVSTACK_LABEL", ""), "context": context}
        body = json.dumps({**whole, "commit": os.environ.get("DEVSTACK_COMMIT", ""), "downstream": after}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("", 8080), Hop).serve_forever()
"""
CONFIG = """services:
  front:
    hosts: [shown.example.com]
    health: /healthz
    watch: [app.py, Dockerfile, hands.txt]
    env: {SERVICE: front, NEXT: "http://back.shown.example.com/"}
  back:
    hosts: [back.shown.example.com]
    health: /healthz
    watch: [back.txt]
    env: {SERVICE: back}
deploy: command
base: {deploy: true, namespace: shown}
"""


def push(repo: Repository, branch: str, **files: str) -> str:
    named = {name.replace("_", "."): text.encode() for name, text in files.items()}
    return repo.stage.github.push(repo.name, branch, named, "ada")


def section(comment: str, begin: str, end: str = "</details>") -> str:
    return comment.partition(begin)[2].partition(end)[0]


def deployed(repo: Repository, branch: str, label: str) -> tuple[int, str]:
    push(repo, branch, back_txt=branch)
    number = repo.pull(branch)
    repo.say(number, f"/devstack deploy --label {label}")
    return number, repo.stage.wait_comment(repo.name, number, "is live", f"{label}.back.shown.example.com")


def test_the_proof_the_trace_and_the_picture(stage: Stage, tmp_path: Path) -> None:
    repo = Repository(stage, "shown", deploy="command")
    stage.github.push(repo.name, "main", {
        ".devstack.yaml": CONFIG.encode(), "app.py": APP.encode(), "hands.txt": b"off", "back.txt": b"base",
        "Dockerfile": DOCKERFILE.replace("COPY app.py /app.py", "COPY app.py hands.txt /").encode(),
    }, "ada")  # fmt: skip

    def base_answers() -> bool:
        answer = stage.request("shown.example.com", headers={"uber-ctx-key": "nobody"})
        return answer.status_code == 200 and answer.json()["downstream"]["back"]["context"] == ""

    def handed_on() -> bool:
        asked = [stage.request("shown.example.com", headers={"uber-ctx-key": "shown1"}).json() for _ in range(10)]
        return {each["downstream"]["back"]["label"] for each in asked} == {"shown1"}

    stage.wait("the base to answer", base_answers, told=lambda: stage.kubectl("get", "stacks"))
    # The feature has the back alone; the base's front, which comes before it, does not hand the context on.
    one, comment = deployed(repo, "topic", "shown1")
    assert (
        "⚠️ `front` does not hand the context on: `back` was answered by the base although `shown1` has its own."
        in comment
    )
    assert "| Host | no header | `uber-ctx-key` | `baggage` | preview host | unknown label |\n" in comment
    assert "| back.shown.example.com/healthz | ✅ base | ✅ shown1 | ✅ shown1 | ✅ shown1 | ✅ base |" in comment, (
        comment
    )
    drawn = section(comment, "<summary>Routes</summary>")
    assert '-. "context lost" .->' in drawn
    assert '["back<br>shown1 ' in drawn
    # Another live feature is proven to be unaffected.
    _, comment = deployed(repo, "another", "shown2")
    assert "| ✅ base | ✅ shown2 | ✅ shown2 | ✅ shown2 | ✅ base | ✅ shown1 |" in comment
    repo.say(one, "/devstack trace /some/page?x=1")
    told = section(stage.wait_comment(repo.name, one, "`/devstack trace '/some/page?x=1'`"), "Last commands")
    assert "> `shown1.back.shown.example.com/some/page?x=1`: 200" in told
    assert "> `shown.example.com/some/page?x=1` with `uber-ctx-key: shown1`: 200" in told
    assert "⚠️ `front` does not hand the context on" in told
    # Somebody mends the base's front; its old pod still answers a while.
    push(repo, "main", hands_txt="on")
    stage.wait("the front to hand it on", handed_on, told=lambda: stage.kubectl("get", "stacks"))
    repo.say(one, "/devstack trace")
    told = section(
        stage.wait_comment(repo.name, one, "`/devstack trace /`"), "Last commands", "🚀 **ada**&ensp;`/devstack trace '"
    )
    assert "> The context was handed on wherever it mattered." in told
    assert ">   - `back` 🟢 `shown1`" in told
    environment = {**os.environ, **stage.bot.environment}
    for given in ("shown1", "shown2"):
        command = [sys.executable, "-m", "cli.main", "routes", given, "--json"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60)
        found = [(each["host"], each["when"], each["side"]) for each in json.loads(done.stdout)["routes"]]
        assert found == [
            ("back.shown.example.com", "header", "feature"),
            ("back.shown.example.com", "plain", "base"),
            (f"{given}.back.shown.example.com", "preview", "feature"),
        ]
    repo.close(one)
    repo.wait_gone(one)
