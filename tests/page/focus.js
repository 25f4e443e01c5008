// The element that has the focus, and whether a person sees that it does.
(() => {
  const element = document.activeElement;
  const all = [...document.querySelectorAll("a[href], input:not([type=hidden]), select, button, [tabindex='0']")];
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    place: all.indexOf(element),
    name: element.textContent.trim().slice(0, 40) || element.name,
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    isInView: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
})()
