"""A picture of a page of the stand-in, taken by headless Chromium."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from playground.errors import PlaygroundError

SIZE = "940,1000"


def take(url: str, file: Path) -> None:
    """Write a PNG of the page. PlaygroundError where Chromium is missing or fails."""
    browser = shutil.which("chromium")
    if browser is None:
        raise PlaygroundError("chromium is not installed (Debian: apt-get install chromium fonts-noto-color-emoji)")
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run", f"--user-data-dir={profile}",
             f"--window-size={SIZE}", "--virtual-time-budget=1000", f"--screenshot={file.absolute()}", url],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    if done.returncode or not file.exists():
        raise PlaygroundError(f"chromium took no picture of {url}: {done.stderr.strip()[-500:]}")
