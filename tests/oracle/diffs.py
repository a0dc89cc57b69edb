"""What a unified diff changes, read line by line as a patch tool does."""

import re

HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


def changes(text: object) -> dict[str, int]:
    """Count lines and files; empty where the text is no diff, without files where it names none.

    A hunk says itself how many lines it has: what looks like a header within it is a line.
    """
    found = {"lines_added": 0, "lines_removed": 0}
    kinds: list[str] = []
    old = new = 0
    said, is_diff = "", False
    for line in text.splitlines() if isinstance(text, str) else ():
        if old > 0 or new > 0:
            old -= line[:1] != "+"
            new -= line[:1] != "-"
            found["lines_added"] += line.startswith("+")
            found["lines_removed"] += line.startswith("-")
        elif hunk := HUNK.match(line):
            old, new = (1 if count is None else int(count) for count in hunk.groups())
            is_diff = True
        elif line.startswith("diff --git "):
            kinds.append("modified")
            is_diff, said = True, "git"
        elif line.startswith("--- "):
            if said != "git":
                kinds.append("modified")
            if line.startswith("--- /dev/null"):
                kinds[-1] = "created"
            said = ""
        elif line.startswith("+++ /dev/null") or line.startswith("deleted file mode"):
            kinds[-1] = "deleted"
        elif line.startswith("new file mode"):
            kinds[-1] = "created"
    if not is_diff:
        return {}
    names = ("created", "modified", "deleted")
    return found | ({f"files_{name}": kinds.count(name) for name in names} if kinds else {})
