"""A preprocessor of mdBook: a link that leaves the guide's pages becomes a link to that file in the repository."""
import json
import os
import re
import sys

if sys.argv[1:2] == ["supports"]:
    sys.exit(0)
context, book = json.load(sys.stdin)
pages = os.path.join(context["root"], context["config"]["book"].get("src", "src"))
tree = os.path.normpath(os.path.join(pages, "../../.."))
repository = context["config"]["output"]["html"]["git-repository-url"]


def in_the_repository(folder, link):
    path, _, anchor = link.partition("#")
    file = os.path.normpath(os.path.join(folder, path))
    if re.match(r"[a-z]+:", link) or not path or file.startswith(pages + os.sep):
        return link
    if not os.path.exists(file):
        sys.exit(f"{folder}: no such file: {link}")
    kind = "tree" if os.path.isdir(file) else "blob"
    return f"{repository}/{kind}/main/{os.path.relpath(file, tree)}" + (f"#{anchor}" if anchor else "")


def linked(folder, text):
    code = re.compile(r"(^ *```.*?^ *```$)", re.M | re.S)
    parts = code.split(text)
    for at in range(0, len(parts), 2):
        parts[at] = re.sub(r"(?<=\]\()[^)\s]+", lambda link: in_the_repository(folder, link[0]), parts[at])
    return "".join(parts)


def each(items):
    for item in items:
        if "Chapter" in item:
            chapter = item["Chapter"]
            if chapter["source_path"]:
                folder = os.path.dirname(os.path.join(pages, chapter["source_path"]))
                chapter["content"] = linked(folder, chapter["content"])
            each(chapter["sub_items"])


each(book["items"])
json.dump(book, sys.stdout)
