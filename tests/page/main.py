"""What a person sees of the page in a browser, and how fast it comes. `.ci/page` runs it."""

import contextlib
import http.client
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from browser import Browser
from daemon import Daemon

HERE = Path(__file__).parent
PICTURES = HERE.parent.parent / "docs" / "guide" / "src" / "page"
LOOK = (HERE / "look.js").read_text()
FOCUS = (HERE / "focus.js").read_text()
WIDE, PHONE = (1100, 800), (360, 740)


def check(is_so, what):
    if not is_so:
        raise AssertionError(what)


def look(browser, url, expected=()):
    """Opens a page, and finds nothing wrong with it. Gives what was found."""
    status = browser.open(url)
    found = browser.run(LOOK)
    check(status == 200, f"{url}: {status}")
    check(browser.complaints() == [], f"{url}: {browser.complaints()}")
    check(not found["wrong"], f"{url}: {found['wrong']}")
    check(not found["contrast"], f"{url}: {found['contrast']}")
    check(found["overflow"] <= 0, f"{url}: {found['overflow']} px too wide")
    for text in expected:
        check(text in found["seen"], f"{url}: no {text!r} in {found['seen']}")
    return found


def by_keyboard(browser, url):
    """Tab goes to everything that can be used, in its order, and it is seen where it is; the first is the way to the content."""
    found = look(browser, url)
    for place in range(found["focusable"]):
        browser.press("Tab")
        focus = browser.run(FOCUS)
        check(focus["place"] == place, f"{url}: {focus} in place of {place}")
        check(focus["outline"] >= 2 and focus["isInView"], f"{url}: the focus is not seen: {focus}")
    browser.open(url)
    browser.press("Tab")
    browser.press("Enter")
    check(browser.run("document.activeElement.id") == "content", f"{url}: the content is not skipped to")
    return found["focusable"]


def search_by_keyboard(browser, admin):
    """From the overview, by what is typed alone."""
    browser.open(f"{admin}/?lang=en")
    browser.run("document.getElementById('id').focus()")
    browser.ask("Input.insertText", text="39")
    browser.events.clear()
    browser.press("Enter")
    browser.wait("Page.loadEventFired")
    seen = browser.run("document.body.innerText")
    check("3900" in seen and "2401" not in seen, seen)
    check(browser.run("location.search") == "?lang=en&id=39&only=", browser.run("location.search"))


def first_octet(admin, target, times=40):
    """Milliseconds from a request to the first octet of its answer: the median."""
    taken = []
    for _ in range(times):
        connection = http.client.HTTPConnection(admin.removeprefix("http://"))
        connection.connect()
        began = time.perf_counter()
        connection.request("GET", target)
        response = connection.getresponse()
        taken.append((time.perf_counter() - began) * 1000)
        check(response.status == 200, f"{target}: {response.status}")
        response.read()
        connection.close()
    return statistics.median(taken)


def picture(browser, name, url, size, scheme, height, phone=False):
    browser.look(*size, scheme, phone)
    browser.open(url)
    file = PICTURES / f"{name}.png"
    file.write_bytes(browser.picture(height))
    subprocess.run(["pngquant", "--force", "--skip-if-larger", "--speed=1", "--strip", "--output", file, "64", file], check=False)
    print(f"{file.name}: {file.stat().st_size // 1024} KiB")


def main(programs, write):
    # Whatever hangs ends.
    signal.alarm(300)
    with contextlib.ExitStack() as running:
        began = time.monotonic()
        few, many = (running.enter_context(Daemon(programs, schools)) for schools in (3, 100_000))
        few.live()
        print(f"3 schools and 100,000, made in {time.monotonic() - began:.0f} s")
        browser = running.enter_context(Browser())
        few_, many_ = few.admin, many.admin
        overview = {
            "en": ["Ready", "Contested", "Given up", "Waiting", "UntrustedSignature", "have the front end pass both headers on",
                   "OtherPath", "2026", "untis-webhookd tenants redrive"],
            "de": ["Bereit", "Strittig", "Aufgegeben", "Wartend", "UntrustedSignature", "das Frontend beide Header weiterreichen",
                   "OtherPath", "2026", "untis-webhookd tenants redrive"],
        }
        school = {
            "en": ["To be decided", "untis-webhookd tenants redrive 3900", "untis-webhookd tenants accept 3900 2", "contested: another client id"],
            "de": ["Zu entscheiden", "untis-webhookd tenants redrive 3900", "untis-webhookd tenants reject 3900 2", "strittig: eine andere Client-ID"],
        }
        lowest, texts = 21, 0
        for language in ["en", "de"]:
            browser.accept(language)
            for size in [WIDE, PHONE]:
                for scheme in ["light", "dark"]:
                    browser.look(*size, scheme, phone=size == PHONE)
                    for url, expected in [
                        (f"{few_}/", overview[language]),
                        (f"{few_}/schools", ["1001", "3900"]),
                        (f"{few_}/school?id=3900", school[language]),
                        (f"{few_}/school?id=2401", ["2401"]),
                        (f"{few_}/schools?only=deleted", [{"en": "no such school", "de": "keine solche Schule"}[language]]),
                        (f"{many_}/", [{"en": "Nothing waits", "de": "Es wartet nichts"}[language]]),
                        (f"{many_}/schools", ["100000"]),
                    ]:
                        found = look(browser, url, expected)
                        lowest, texts = min(lowest, found["lowest"]), texts + found["texts"]
        print(f"contrast: of {texts} texts {lowest:.2f} is the lowest; nothing in the console, and none wider than 360 px")

        browser.accept("en")
        browser.look(*PHONE, "light", phone=True)
        look(browser, f"{few_}/schools")
        roles = browser.roles()
        for role in ["table", "row", "columnheader", "rowheader", "cell", "banner", "main", "contentinfo", "navigation"]:
            check(roles.get(role), f"on a telephone there is no {role}: {roles}")

        stops = 0
        for size in [WIDE, PHONE]:
            browser.look(*size, "dark")
            for target in ["/", "/schools", "/school?id=3900"]:
                stops += by_keyboard(browser, few_ + target)
        search_by_keyboard(browser, few_)
        print(f"by keyboard: {stops} stops in their order, each seen")

        # From page to page, as a person goes.
        seen, url, pages = set(), f"{many_}/schools?id=101", 0
        while url:
            look(browser, url)
            ids = browser.run("[...document.querySelectorAll('tbody th a')].map((link) => link.textContent)")
            check(ids and not seen & set(ids), f"{url}: {ids}")
            seen |= set(ids)
            url, pages = browser.run("document.querySelector('a.next')?.href"), pages + 1
        print(f"{len(seen)} of 100,000 schools by the beginning of their id, on {pages} pages")

        check(browser.open(f"{few_}/school?id=1001&personal=1") == 401, "contact data without the token")
        browser.log_in(few.token)
        look(browser, f"{few_}/school?id=1001&personal=1", ["HTL Musterstadt"])
        look(browser, f"{few_}/schools?personal=1&name=MUSTER", ["HTL Musterstadt"])

        print(f"\n| first octet, ms, median of 40 | 3 schools | 100,000 |\n|---|---|---|")
        for name, target in [
            ("overview", "/"),
            ("schools", "/schools"),
            ("those that are contested", "/schools?only=contested"),
            ("those that begin with 39", "/schools?id=39"),
            ("the last page", "/schools?after=999"),
        ]:
            times = [first_octet(admin, target) for admin in (few_, many_)]
            print(f"| {name} | {times[0]:.1f} | {times[1]:.1f} |")
            check(times[1] < 10 * times[0] + 10, f"{target}: of another order: {times}")

        if write:
            browser.accept("en")
            PICTURES.mkdir(exist_ok=True)
            picture(browser, "light", f"{few_}/", WIDE, "light", 2300)
            picture(browser, "dark", f"{few_}/", WIDE, "dark", 2300)
            picture(browser, "school", f"{few_}/school?id=3900", WIDE, "light", 1300)
            picture(browser, "telephone", f"{few_}/?lang=de", PHONE, "light", 1100, phone=True)
            picture(browser, "schools-3", f"{few_}/schools", WIDE, "light", 700)
            picture(browser, "schools-100000", f"{many_}/schools", WIDE, "dark", 700)
            picture(browser, "overview-100000", f"{many_}/", WIDE, "light", 700)


main(sys.argv[1], write="write" in sys.argv[2:])
