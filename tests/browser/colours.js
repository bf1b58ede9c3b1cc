// Texts whose colours axe has not judged: the first of each kind. Of one kind are those with the same
// tag, classes, colours and letters, inside of the same. What a text says is not among them.

const STYLES = [
  "color", "backgroundColor", "backgroundImage", "opacity", "fontSize", "fontWeight", "textShadow",
];

function traits(element) {
  const style = getComputedStyle(element);
  const isOff = element.matches(":disabled") || element.control?.disabled || element.ariaDisabled;
  const own = [element.localName, element.getAttribute("class"), isOff];
  return [...own, ...STYLES.map((name) => style[name])].join("|");
}

function isText(element) {
  const says = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "";
  return element.matches("input, select, textarea") || [...element.childNodes].some(says);
}

function hash(text) {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let place = 0; place < text.length; place++) {
    high = Math.imul(high ^ text.charCodeAt(place), 2654435761);
    low = Math.imul(low ^ text.charCodeAt(place), 1597334677);
  }
  return 4294967296 * (2097151 & high) + (low >>> 0);
}

// The texts of kinds that are not among `known`, and these kinds.
globalThis.newTexts = (known) => {
  const [seen, texts, kinds] = [new Set(known), [], []];
  const walk = (element, above) => {
    const kind = hash(`${above}/${traits(element)}`);
    if (!seen.has(kind) && isText(element) && element.checkVisibility()) {
      seen.add(kind);
      texts.push(element);
      kinds.push(kind);
    }
    for (const child of element.children) walk(child, kind);
  };
  walk(document.body, "");
  return { texts, kinds };
};
