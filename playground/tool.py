"""Runs a program to its end: argv only, output into a log file or into the caller's hands."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from playground.errors import PlaygroundError


def run(
    argv: Sequence[str | Path],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    seconds: float | None = None,
) -> str:
    """Run it and give its standard output; with `log`, all output goes to the end of that file and none comes back.

    PlaygroundError where the program is missing, fails, or takes more than `seconds`; it quotes the end of the output.
    """
    command = [str(part) for part in argv]
    try:
        if log is None:
            done = subprocess.run(
                command, env=env, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=seconds, check=False
            )
        else:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("a") as file:
                file.write(f"$ {' '.join(command)}\n")
                file.flush()
                done = subprocess.run(
                    command,
                    env=env,
                    cwd=cwd,
                    input=stdin,
                    stdout=file,
                    stderr=file,
                    text=True,
                    timeout=seconds,
                    check=False,
                )
    except FileNotFoundError as error:
        raise PlaygroundError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise PlaygroundError(f"{command[0]} took more than {seconds:.0f} s", log) from error
    if done.returncode:
        ending = "" if log else f":\n{(done.stderr or done.stdout or '').strip()[-2000:]}"
        raise PlaygroundError(f"{' '.join(command[:4])} … failed with exit code {done.returncode}{ending}", log)
    return done.stdout or ""
