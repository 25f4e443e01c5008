"""The built book has no dead link: `links.py FOLDER`. Links to elsewhere are not followed."""
import pathlib
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    def __init__(self, file):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.update(filter(None, [attributes.get("id"), attributes.get("name") if tag == "a" else None]))
        self.links += filter(None, [attributes.get("href"), attributes.get("src")])


book = pathlib.Path(sys.argv[1]).resolve()
# Two pages are not the reader's: all in one for the printer, and the one for a page that is not there.
pages = {file: Page(file) for file in book.rglob("*.html") if file.name not in ("print.html", "404.html")}
checked, dead = 0, []
for file, page in pages.items():
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        target = target / "index.html" if target.is_dir() else target
        checked += 1
        anchor = unquote(parts.fragment)
        if not target.exists() or (anchor and target in pages and anchor not in pages[target].ids):
            dead.append(f"{file.relative_to(book)}: {link}")
print(f"{len(pages)} pages, {checked} links")
sys.exit("dead links:\n" + "\n".join(sorted(set(dead))) if dead or checked < 100 else 0)
