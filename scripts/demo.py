"""The main job, end to end on a real cluster: plays a story of pull requests and shows evidence for each step.

Called by `./scripts/demo`. Exit code 0 only if every step held.
"""

import sys

from playground.demo.command import main

if __name__ == "__main__":
    sys.exit(main())
