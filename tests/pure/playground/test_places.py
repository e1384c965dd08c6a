from pathlib import Path

import pytest

from playground import mounts
from playground.errors import PlaygroundError, quoted_tail
from playground.places import Places, places


def test_cache_and_state_follow_the_environment() -> None:
    assert places({"HOME": "/home/ann"}) == Places(
        Path("/home/ann/.cache/devstack"), Path("/home/ann/.local/state/devstack")
    )
    xdg = {"HOME": "/home/ann", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"}
    assert places(xdg) == Places(Path("/c/devstack"), Path("/s/devstack"))
    assert places(xdg | {"DEVSTACK_CACHE": "/mine", "DEVSTACK_STATE": "/own"}) == Places(Path("/mine"), Path("/own"))


def test_a_state_directory_too_deep_for_sockets_is_refused() -> None:
    with pytest.raises(PlaygroundError, match="set DEVSTACK_STATE to a shorter one"):
        places({"HOME": "/home/ann", "DEVSTACK_STATE": "/" + "x" * 80})


def test_each_state_directory_has_a_name_of_its_own_that_the_kernel_takes_for_a_link() -> None:
    one, two = Places(Path("/c"), Path("/s/1")), Places(Path("/c"), Path("/s/2"))
    assert one.name != two.name
    assert len(one.name) <= 15
    assert not one.lock.is_relative_to(one.state)


def test_an_error_names_its_log_and_quotes_the_end(tmp_path: Path) -> None:
    log = tmp_path / "etcd.log"
    log.write_text("".join(f"line {n}\n" for n in range(100)))
    text = str(PlaygroundError("etcd ended", log))
    assert text.startswith(f"etcd ended\nLog: {log}\n")
    assert text.endswith("| line 99")
    assert "line 80" not in text
    assert quoted_tail(tmp_path / "none") == ""


def test_mounts_are_listed_from_the_innermost_out_and_only_below_the_folder() -> None:
    table = (
        "overlay /state/run/a overlay rw 0 0\n"
        "tmpfs /state/run/a/b\\040c tmpfs rw 0 0\n"
        "tmpfs /state2 tmpfs rw 0 0\n"
        "nsfs /state/n\\303\\251 nsfs rw 0 0\n"
    )
    assert mounts.below(Path("/state"), table) == [Path("/state/né"), Path("/state/run/a/b c"), Path("/state/run/a")]
