"""What a feature's user may do on a Redis that it shares with others: the rules of its ACL. Pure.

In a prefix: all commands on keys and channels that begin with it, and none that reaches further: no other database (who
would find the keys in there?), no names of other keys, no functions and scripts of others, no administration. In a
database: all keys, for an ACL knows no databases; but the user can choose no other database than its own. Connections
begin in database 0, so that one stays open to it.
"""

# Given back to an owner who asks for them: they show the names of all keys on the server, and no value.
ON_REQUEST = ("scan", "keys", "randomkey", "dbsize", "sort", "sort_ro")
# Whatever else an owner asks for. The categories hold more of them, which differ from server to server.
NEVER = (
    "@admin", "@dangerous", "acl", "bgrewriteaof", "bgsave", "cluster", "config", "copy", "debug", "failover", "flushall",
    "flushdb", "function", "latency", "migrate", "module", "monitor", "move", "psync", "pubsub", "replicaof", "restore",
    "save", "script", "select", "shutdown", "slaveof", "slowlog", "swapdb", "sync",
)  # fmt: skip

_OUT = ("-@admin", "-@dangerous", "-function", "-script", "-select", "-move", "-copy", "-pubsub")
_NAMES_OUT = ("-scan", "-randomkey", "-dbsize")
_HARMLESS = ("+info", "+script|load", "+script|exists", "+pubsub|numsub", "+pubsub|numpat")


def refused(rule: str) -> bool:
    """Whether an owner cannot have this: `+@admin`, `+flushall`."""
    return rule[0] == "+" and rule[1:].partition("|")[0] in NEVER


def in_prefix(prefix: str, commands: tuple[str, ...]) -> list[str]:
    """For `ACL SETUSER`, after the password."""
    return [f"~{prefix}*", "resetchannels", f"&{prefix}*", *_rules(commands, (*_OUT, *_NAMES_OUT), ())]


def in_database(number: int, commands: tuple[str, ...]) -> list[str]:
    """For `ACL SETUSER`, after the password."""
    return ["~*", "&*", *_rules(commands, _OUT, ("+keys", "+sort", "+sort_ro")), f"+select|{number}"]


def _rules(wanted: tuple[str, ...], out: tuple[str, ...], back: tuple[str, ...]) -> list[str]:
    """Of ACL rules the later one counts: what is never given comes after what an owner wants."""
    requested = [rule for rule in wanted if rule[0] == "+" and rule[1:] in ON_REQUEST]
    taken = {rule[1:] for rule in wanted if rule[0] == "-"}
    given = [rule for rule in (*_HARMLESS, *back) if not taken & {"@all", rule[1:], rule[1:].partition("|")[0]}]
    return ["+@all", *(rule for rule in wanted if rule not in requested), *out, *given, *requested]
