// What is asked of a page within it: an expression that gives the findings.
(() => {
  const channels = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((c, i) => c * a + below[i] * (1 - a));
  // WCAG 2.2, relative luminance and contrast ratio.
  const luminance = (color) => {
    const [r, g, b] = color.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const color = channels(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color.slice(0, 3) : over(color, ground(element.parentElement));
  };
  const isHidden = (element) => element.closest(".hidden, .skip, thead") && element.closest(".hidden, .skip, thead").getBoundingClientRect().width <= 1;
  const texts = [];
  const add = (element, text, style) => {
    const below = ground(element);
    const color = over(channels(style.color), below);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    texts.push({ text: text.slice(0, 60), ratio: ratio(color, below), least: isLarge ? 3 : 4.5 });
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || isHidden(element)) continue;
    add(element, walker.currentNode.data.trim(), getComputedStyle(element));
  }
  for (const element of document.querySelectorAll("td, input, select")) {
    const label = getComputedStyle(element, "::before");
    if (label.content.startsWith('"')) add(element, label.content, label);
    if (element.value) add(element, element.value, getComputedStyle(element));
  }

  const all = (selector) => [...document.querySelectorAll(selector)];
  const levels = all("h1, h2, h3, h4").map((heading) => Number(heading.tagName[1]));
  const wrong = [];
  const must = (is, what) => is || wrong.push(what);
  must(levels.filter((level) => level === 1).length === 1, `one h1: ${levels}`);
  must(levels.every((level, i) => i === 0 || level <= levels[i - 1] + 1), `levels of headings: ${levels}`);
  must(all("main").length === 1 && all("body > header").length === 1 && all("footer").length === 1, "landmarks");
  must(all("nav").every((nav) => nav.ariaLabel || !nav.children.length), "names of nav");
  must(all("table").every((table) => table.caption), "captions");
  must(all("th").every((th) => ["col", "row"].includes(th.scope)), "scope of th");
  must(all("input:not([type=hidden]), select").every((field) => field.labels.length === 1), "labels");
  must(all("section").every((section) => document.getElementById(section.getAttribute("aria-labelledby"))), "names of sections");
  const ids = all("[id]").map((element) => element.id);
  must(new Set(ids).size === ids.length, `ids: ${ids}`);
  must(all("script, [style], iframe, object").length === 0, "nothing that the policy forbids");
  must(document.documentElement.lang && document.title.endsWith("untis-webhookd"), "language and title");

  return {
    contrast: texts.filter(({ ratio, least }) => ratio < least),
    lowest: Math.min(...texts.map(({ ratio }) => ratio)),
    texts: texts.length,
    wrong,
    overflow: document.scrollingElement.scrollWidth - window.innerWidth,
    seen: document.body.innerText,
    // In the order in which they stand.
    focusable: all("a[href], input:not([type=hidden]), select, button, [tabindex='0']").length,
  };
})()
