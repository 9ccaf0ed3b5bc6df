// Says what is wrong with the page as it is shown now. On paper backgrounds are
// not printed, so every text is held against white.
(paper) => {
  const wrong = [];
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className.baseVal ?? e.className ? "." + (e.className.baseVal ?? e.className) : "");
  const text = (e) => JSON.stringify(e.textContent.trim().slice(0, 40));
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  const scrolls = (e) => { for (; e; e = e.parentElement) if (/auto|scroll/.test(getComputedStyle(e).overflowX)) return true; return false; };
  const all = [...document.body.querySelectorAll("*")].filter(shown);
  const width = document.documentElement.clientWidth;

  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
  for (const e of all) {
    const box = e.getBoundingClientRect();
    if (!e.closest("svg") && (box.right > width + 1 || box.left < -1) && !scrolls(e)) wrong.push(`${name(e)} ${text(e)} lies outside of the window`);
  }

  if (width <= 640) for (const e of document.querySelectorAll("table.stack")) {
    const frame = e.closest(".scroll");
    if (shown(e) && frame.scrollWidth > frame.clientWidth + 1) wrong.push(`${name(e)} is ${frame.scrollWidth} wide in ${frame.clientWidth}`);
  }

  // The colour of a text and what is behind it. Pictures draw their own paper.
  const channels = (c) => c.match(/[\d.]+/g).map(Number);
  const behind = (e) => {
    if (paper) return [255, 255, 255];
    for (; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  let texts = 0;
  for (const e of all) {
    if (![...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim())) continue;
    texts++;
    const style = getComputedStyle(e), picture = e.closest("svg");
    const ratio = contrast(channels(picture ? style.fill : style.color), behind(e));
    const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
    if (ratio < (large ? 3 : 4.5)) wrong.push(`${name(e)} ${text(e)} has a contrast of ${ratio.toFixed(2)}`);
    if (size < 9 && !picture) wrong.push(`${name(e)} ${text(e)} is ${size} px large`);
  }

  // Each figure shows one picture, and no text in it is cut off or covers another.
  const figures = [...document.querySelectorAll("figure")];
  for (const figure of figures) {
    const pictures = [...figure.querySelectorAll("svg")].filter(shown);
    if (pictures.length !== 1) wrong.push(`${name(figure)} shows ${pictures.length} pictures`);
    for (const picture of pictures) {
      const frame = picture.getBoundingClientRect();
      if (frame.width < 200 || frame.height < 80) wrong.push(`the picture of ${name(figure)} is ${frame.width} × ${frame.height}`);
      if (!picture.querySelector("path")) wrong.push(`the picture of ${name(figure)} is empty`);
      if (picture.getAttribute("role") !== "img" || !picture.getAttribute("aria-label")) wrong.push(`the picture of ${name(figure)} has no name for who cannot see it`);
      const boxes = [...picture.querySelectorAll("text")].map((t) => ({ t, box: t.getBoundingClientRect() }));
      if (boxes.length < 3) wrong.push(`the picture of ${name(figure)} has ${boxes.length} texts`);
      for (const [i, { t, box }] of boxes.entries()) {
        if (box.left < frame.left - 1.5 || box.right > frame.right + 1.5 || box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5) wrong.push(`${text(t)} sticks out of ${name(figure)}`);
        const high = 0.3; // of a line, above and below the letters
        for (const { t: u, box: other } of boxes.slice(i + 1)) {
          const over = Math.min(box.right, other.right) - Math.max(box.left, other.left);
          const deep = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
          if (over > -2 && deep > high * Math.min(box.height, other.height)) wrong.push(`${text(t)} and ${text(u)} touch in ${name(figure)}`);
        }
      }
    }
  }
  for (const image of document.images) if (!image.complete || image.naturalWidth === 0) wrong.push(`${name(image)} is broken`);

  // What a reader of the screen goes by.
  let level = 0;
  for (const h of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const now = Number(h.tagName[1]);
    if (now > level + 1) wrong.push(`${name(h)} ${text(h)} follows a heading of level ${level}`);
    level = now;
  }
  if (document.querySelectorAll("h1").length !== 1) wrong.push("there is not one h1");
  if (!document.documentElement.lang || !document.title) wrong.push("no language or no title");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size < ids.length) wrong.push("an id is there twice");

  return { wrong, figures: figures.length, texts, background: getComputedStyle(document.body).backgroundColor };
}
