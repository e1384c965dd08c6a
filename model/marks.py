"""The marks by which what belongs to a stack is found again: labels, annotations and tags, the same for all rooms."""

LABEL_STACK = "devstack.dev/stack"
LABEL_LABEL = "devstack.dev/label"  # a Stack that gets another label has, for a moment, things of both
LABEL_SERVICE = "devstack.dev/service"
LABEL_LEDGER = "devstack.dev/ledger"  # of every record of resources
LABEL_HOOK = "devstack.dev/hook"  # of a release's hook Pods: the release
NOTE_SCOPE = "devstack.dev/scope"  # annotation of such a record: whose it is, as JSON
NOTE_REMOVED = "devstack.dev/removed"  # annotation: the removal has done its work …
NOTE_ABSENT = "devstack.dev/absent"  # … and every server was asked anew, and has nothing
LABEL_INSIDE = "devstack.dev/inside"  # of the base's objects by which a service's well-known name leads to the proxy
LABEL_ALIAS = "devstack.dev/alias"  # of a Service in a stack's namespace that leads to another Service of that name
NOTE_BEHIND = "devstack.dev/behind"  # annotation of such a well-known Service: the Service that the pods stand behind
NOTE_DERIVED = "devstack.dev/derived"  # annotation of a stack's route: a hash of what it was made as
