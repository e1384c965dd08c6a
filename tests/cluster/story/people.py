"""A small service of its own for stories about faults: quick to build, slow to start when told so."""

from model import names
from playground.demo.stage import Stage

APP = """import http.server, os, time

class Hello(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"VERSION"
        self.send_response(int(os.environ.get("ANSWER", "200")))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        print("asked for", self.path, flush=True)

time.sleep(float(os.environ.get("DELAY", "0")))
print("listening", flush=True)
http.server.ThreadingHTTPServer(("", 8080), Hello).serve_forever()
"""
DOCKERFILE = 'FROM python:3.11-slim-bookworm\nCOPY app.py /app.py\nCMD ["python3", "-u", "/app.py"]\n'
SLOW_DOCKERFILE = (
    'FROM python:3.11-slim-bookworm\nCOPY app.py /app.py\nRUN sleep 61.5\nCMD ["python3", "-u", "/app.py"]\n'
)


def config(host: str, *, health: str = "/", deploy: str = "open", **env: str) -> bytes:
    """A `.devstack.yaml` with one service."""
    lines = [
        "services:", "  web:", f"    hosts: [{host}]", f"    health: {health}", '    watch: ["app.py", "Dockerfile"]',
        *(["    env:", *(f'      {key}: "{value}"' for key, value in env.items())] if env else []), f"deploy: {deploy}",
    ]  # fmt: skip
    return ("\n".join(lines) + "\n").encode()


def app(version: str) -> bytes:
    """The program, which answers with its version."""
    return APP.replace("VERSION", version).encode()


class Repository:
    """One repository of the stage with its base host."""

    def __init__(self, stage: Stage, name: str, *, deploy: str = "open") -> None:
        self.stage = stage
        self.name = f"faults/{name}"
        self.host = f"{name}.example.com"
        self.deploy = deploy
        files = {
            ".devstack.yaml": config(self.host, deploy=deploy),
            "app.py": app("base"),
            "Dockerfile": DOCKERFILE.encode(),
        }
        folder = stage.folder / "sources" / name
        folder.mkdir(parents=True)
        for path, data in files.items():
            (folder / path).write_bytes(data)
        stage.add_repository(self.name, folder)

    def push(self, branch: str, by: str = "ada", **files: bytes) -> str:
        """Push files; `dockerfile` and `devstack` stand for the two with other names."""
        named = {"dockerfile": "Dockerfile", "devstack": ".devstack.yaml"}
        return self.stage.github.push(
            self.name, branch, {named.get(key, f"{key}.py"): data for key, data in files.items()}, by
        )

    def pull(self, branch: str, **more: object) -> int:
        """Open a pull request."""
        return self.stage.github.open_pull(self.name, branch, f"Change {branch}", "ada", **more)

    def say(self, number: int, text: str, by: str = "ada") -> int:
        """Comment."""
        return self.stage.github.comment(self.name, number, text, by)

    def reactions(self, number: int, comment: int) -> list[str]:
        """The bot's reactions to a comment."""
        said = next(each for each in self.stage.github.pull(self.name, number)["comments"] if each["id"] == comment)
        return sorted(each["content"] for each in said["reactions"])

    def stack(self, number: int) -> dict[str, object] | None:
        """The pull request's Stack object."""
        for each in self.stage.stacks().values():
            if each["spec"]["repository"] == self.name and each["spec"]["number"] == number:
                return each
        return None

    def phase(self, number: int) -> str:
        """The phase of its Stack; empty where there is none."""
        stack = self.stack(number)
        status = stack.get("status") if stack else None
        return str(status.get("phase", "")) if isinstance(status, dict) else ""

    def wait_phase(self, number: int, *phases: str, seconds: float = 120) -> None:
        """Wait for a phase."""
        self.stage.wait(f"{self.name}#{number} to be {phases}", lambda: self.phase(number) in phases, seconds=seconds,
                        told=lambda: str(self.stack(number))[:3000])  # fmt: skip

    def wait_gone(self, number: int) -> None:
        """Wait until neither Stack nor namespace is left."""
        self.stage.wait(
            "the Stack to go", lambda: self.stack(number) is None, told=lambda: str(self.stack(number))[:3000]
        )
        namespace = names.namespace(names.stack(self.name, number))
        assert f"namespace/{namespace}" not in self.stage.kubectl("get", "ns", "-o", "name").split()

    def close(self, number: int) -> None:
        """Close the pull request."""
        self.stage.github.act("close", repo=self.name, number=number, by="ada")

    def answer(self, host: str) -> str:
        """What a host answers."""
        return self.stage.request(host).text
