"""What a stack says of a base that changed under it."""

from model.routing.following import Problem


def not_followed(problem: Problem) -> str:
    """One thing of the base that its stack cannot follow."""
    match problem.kind:
        case "host-missing":
            return (
                f"The base has no route for `{problem.subject}`: only requests for this feature are answered there, until a "
                "base with such a route is deployed."
            )
        case "namespace-gone":
            return f"The base is gone: there is no namespace `{problem.subject}` any more. Only what this feature has is left."
        case "host-gone":
            return f"The base is gone from `{problem.subject}`: none of its routes is for that host any more."
        case "service-gone":
            return f"The base's Service `{problem.subject}` is gone: requests that its routes send there fail."
        case "refused":
            return f"`{problem.subject}` has no routes of this feature any more, since the base changed: {problem.said}"
        case "unsure":
            return (
                f"The routes of this feature for `{problem.subject}` stay, but a rule of the base that may concern it is not "
                f"among them: {problem.said}"
            )
