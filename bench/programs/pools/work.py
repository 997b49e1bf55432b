"""The kinds of work, the same as in values.mjs and handlers/."""

LETTERS = "abcdefghijklmnopqrstuvwxyz" * 8


def integers(number):
    return number + 1


def objects(value):
    cents = value["cents"]
    return {"id": value["id"], "name": value["name"], "net": cents, "gross": cents + (cents >> 2)}


def strings(text):
    return text.upper()


def make_object(number):
    return {"id": number, "name": f"item {number % 1000}", "cents": number % 100_000}


def make_string(number):
    return f"{number:010d}{LETTERS[:190]}"


HANDLERS = {"integers": integers, "objects": objects, "strings": strings}


def values(work, records):
    """A range as it is, which costs nothing to iterate over."""
    numbers = range(records)
    if work == "integers":
        return numbers
    return map(make_object if work == "objects" else make_string, numbers)
