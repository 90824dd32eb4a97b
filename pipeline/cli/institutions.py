"""--institutions: those that have a label of their own."""

from difflib import get_close_matches

from pipeline.flinks.institutions import INSTITUTIONS, SANDBOX, plain_name, spelling

OTHER = "other"
"""All that are not listed."""


def listed(institutions: str | None) -> tuple[str, ...]:
    """From names with commas between; without any, those known from Flinks' public pages."""
    if not institutions:
        return INSTITUTIONS
    return tuple(name.strip() for name in institutions.split(",") if name.strip())


class UnknownInstitutionError(ValueError):
    """An institution is not listed under this name or another of its own; says the nearest ones."""


def label_of(name: str, institutions: tuple[str, ...]) -> str:
    """What counts and metrics call an institution, however it is spelled.

    Raises:
        UnknownInstitutionError: they do not know it.
    """
    labels = {plain_name(one): one for one in (*institutions, SANDBOX, OTHER)}
    found = labels.get(plain_name(name))
    if found is not None:
        return found
    spellings = {spelling(one): one for one in labels.values()}
    near = [spellings[one] for one in get_close_matches(spelling(name), spellings)]
    raise UnknownInstitutionError(f"no institution is called {name!r}; {_say(near, institutions)}")


def _say(near: list[str], institutions: tuple[str, ...]) -> str:
    names = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(institutions)}, and {OTHER}"
    return f"{names} (--institutions lists them)"
