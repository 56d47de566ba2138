"use strict";
/* What is on the screen: the page's picture, the boxes over it, and where a point of the page is.
 * Drawn on one canvas, at most once a frame, and only what is in sight. */

const canvas = one("#view");
const brush = canvas.getContext("2d", { alpha: false });

/** What is being looked at. tool: "draw" while a box is to be drawn. */
const state = {
  page: 0, mode: "view", tool: "", selected: null, hovered: null, hidden: new Set(),
  colour: "verdict", shown: { hit: true, false: true, miss: true, corrected: true, truth: false },
};
const view = { scale: 1, x: 0, y: 0, width: 0, height: 0, dense: 1 }; // screen = page * scale + (x, y)
const picture = { page: -1, levels: [] };                     // the same at 1, 1/2, 1/4 ... of its size
const visible = { groups: [], misses: [], truth: [], all: [] };
let sketch = null;                                            // the box that is being drawn

const currentPage = () => pageAt(state.page);
const toPage = (x, y) => [(x - view.x) / view.scale, (y - view.y) / view.scale];
const toScreen = (x, y) => [x * view.scale + view.x, y * view.scale + view.y];
const isVerdicts = () => Boolean(currentPage().truth) && state.colour === "verdict";

/** Whether a symbol is drawn: it counts, and neither its class nor its verdict is hidden. */
function isShown(symbol) {
  return counts(symbol) && !state.hidden.has(symbol.cls) && state.shown[verdict(symbol)] !== false;
}

/** Sort what is to be drawn; needed after any change of symbols or of what is shown. */
function refreshVisible() {
  const page = currentPage();
  const shown = page.symbols.filter(isShown);
  const groups = new Map();
  for (const symbol of shown) {
    const key = isVerdicts() ? verdict(symbol) || "hit" : symbol.cls;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(symbol);
  }
  // Staves first, under all others; false alarms last.
  const rank = ([key]) => (isVerdicts() ? ["hit", "corrected", "false"].indexOf(key) : Number(classes[key].family !== STAVES));
  visible.groups = [...groups].sort((a, b) => rank(a) - rank(b));
  const inView = (symbol) => !state.hidden.has(symbol.cls);
  visible.misses = state.shown.miss ? misses(page).filter(inView) : [];
  visible.truth = state.shown.truth && page.truth ? page.truth.filter(inView) : [];
  visible.all = [...shown, ...visible.misses];
  redraw();
}
const FINGERS = matchMedia("(pointer: coarse)").matches;
const STAVES = book.families.findIndex((title) => title.startsWith("staves"));

/* The picture ------------------------------------------------------------------------------------ */

/** Decode a page's picture, and halve it until it is small: far out, that is faster and finer. */
async function loadPicture(number) {
  const source = pictureData[number].textContent;
  picture.page = -1;
  picture.levels.forEach((bitmap) => bitmap.close());
  picture.levels = [];
  redraw();
  if (!source) return;
  const image = new Image();
  image.src = source;
  await image.decode();
  const levels = [await createImageBitmap(image)];
  while (Math.max(levels.at(-1).width, levels.at(-1).height) > 900) {
    const last = levels.at(-1);
    const half = { resizeWidth: Math.ceil(last.width / 2), resizeHeight: Math.ceil(last.height / 2) };
    levels.push(await createImageBitmap(last, { ...half, resizeQuality: "medium" }));
  }
  if (number !== state.page) return levels.forEach((bitmap) => bitmap.close());
  picture.levels.forEach((bitmap) => bitmap.close());
  picture.levels = levels;
  picture.page = number;
  redraw();
}

/** The smallest copy of the picture with at least as many pixels as the screen shows. */
function bestLevel(width) {
  return picture.levels.findLast((bitmap) => bitmap.width >= width * 0.9) ?? picture.levels[0];
}

/* Drawing ------------------------------------------------------------------------------------------ */

let frame = 0;
/** Ask for a new frame; many asks make one. */
function redraw() {
  if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); });
}

const colours = {};
/** Take the colours from the style sheet anew, when the theme has changed. */
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ground", "accent", "false", "miss", "hit"]) {
    colours[name] = style.getPropertyValue("--" + name).trim();
  }
  const dark = document.documentElement.classList.contains("dark");
  // On paper the colours of the light theme are right in both.
  Object.assign(colours, { false: "#d24a00", miss: "#0072c6", hit: "#3a8a4f" });
  colours.accent = "#1f5fe0";
  colours.veil = dark ? "rgb(22 25 30 / .30)" : "rgb(255 255 255 / .38)";
}

function draw() {
  const page = currentPage();
  brush.setTransform(view.dense, 0, 0, view.dense, 0, 0);
  brush.fillStyle = colours.ground;
  brush.fillRect(0, 0, view.width, view.height);
  drawPaper(page);
  const line = Math.min(Math.max((page.interline * view.scale) / 9, 1), 2.5);
  for (const [key, symbols] of visible.groups) drawGroup(key, symbols, line);
  drawTrue(visible.truth, line * 0.8, "#5b6472", [3, 3], 0);
  drawTrue(visible.misses, line * 1.4, colours.miss, [5, 3], 0.16);
  for (const symbol of [state.hovered, state.selected]) if (symbol) drawChosen(symbol, line);
  if (sketch) outline(sketch, colours.accent, 1.5, 0.12);
}

function drawPaper(page) {
  const [x, y] = [view.x, view.y];
  const [width, height] = [page.width * view.scale, page.height * view.scale];
  brush.fillStyle = "#fff";
  brush.fillRect(x, y, width, height);
  if (picture.page === page.number) {
    brush.imageSmoothingEnabled = view.scale * view.dense < 4;
    const bitmap = bestLevel(width * view.dense);
    // Only the part in sight: drawing all of a large page at a high zoom is slow.
    const [fx, fy] = [bitmap.width / width, bitmap.height / height];
    const left = Math.max(0, -x), top = Math.max(0, -y);
    const right = Math.min(width, view.width - x), bottom = Math.min(height, view.height - y);
    if (right > left && bottom > top) {
      brush.drawImage(bitmap, left * fx, top * fy, (right - left) * fx, (bottom - top) * fy,
        x + left, y + top, right - left, bottom - top);
    }
  }
  brush.fillStyle = colours.veil;
  brush.fillRect(x, y, width, height);
}

/** One path a colour: thousands of boxes are then a few strokes. */
function drawGroup(key, symbols, line) {
  const path = new Path2D();
  for (const { box } of symbols) if (inSight(box)) path.rect(...onScreen(box));
  const isVerdict = typeof key === "string";
  brush.strokeStyle = isVerdict ? (key === "corrected" ? colours.accent : colours[key]) : classes[key].colour;
  brush.lineWidth = isVerdict ? line * { hit: 0.7, false: 1.5, corrected: 1.3 }[key] : line;
  if (key === "false") fill(path, 0.22);
  brush.globalAlpha = key === "hit" ? 0.6 : 1;
  brush.stroke(path);
  brush.globalAlpha = 1;
}

function drawTrue(boxes, line, colour, dash, alpha) {
  const path = new Path2D();
  for (const { box } of boxes) if (inSight(box)) path.rect(...onScreen(box));
  brush.strokeStyle = colour;
  brush.lineWidth = line;
  brush.setLineDash(dash);
  if (alpha) fill(path, alpha);
  brush.stroke(path);
  brush.setLineDash([]);
}

function fill(path, alpha) {
  brush.fillStyle = brush.strokeStyle;
  brush.globalAlpha = alpha;
  brush.fill(path);
  brush.globalAlpha = 1;
}

function drawChosen(symbol, line) {
  const selected = symbol === state.selected;
  outline(symbol.box, "#fff", line + 4, 0);
  outline(symbol.box, symbol.state === "deleted" ? "#777" : classes[symbol.cls].colour, line + 1.2, 0.2);
  if (!selected) return;
  const [x, y, width, height] = onScreen(symbol.box);
  brush.strokeStyle = colours.accent;
  brush.lineWidth = 1.5;
  brush.strokeRect(x - 4, y - 4, width + 8, height + 8);
  if (!isEditable(symbol)) return;
  for (const [hx, hy] of corners(symbol.box)) {
    brush.fillStyle = "#fff";
    brush.beginPath();
    brush.arc(hx, hy, FINGERS ? 8 : 4.5, 0, 7);
    brush.fill();
    brush.stroke();
  }
}

function outline(box, colour, line, alpha) {
  const [x, y, width, height] = onScreen(box);
  brush.strokeStyle = brush.fillStyle = colour;
  brush.lineWidth = line;
  brush.globalAlpha = alpha;
  if (alpha) brush.fillRect(x, y, width, height);
  brush.globalAlpha = 1;
  brush.strokeRect(x, y, width, height);
}

const isEditable = (symbol) => state.mode === "review" && "state" in symbol && symbol.state !== "deleted";
const onScreen = ([x0, y0, x1, y1]) => [
  x0 * view.scale + view.x, y0 * view.scale + view.y, (x1 - x0) * view.scale, (y1 - y0) * view.scale,
];
/** The corners on the screen, a little outside small boxes so that they can be told apart. */
function corners(box) {
  const [x, y, width, height] = onScreen(box);
  const out = FINGERS ? 10 : 4;
  return [[x - out, y - out], [x + width + out, y - out], [x + width + out, y + height + out], [x - out, y + height + out]];
}
function inSight([x0, y0, x1, y1]) {
  const { scale, x, y, width, height } = view;
  return x1 * scale + x > -4 && y1 * scale + y > -4 && x0 * scale + x < width + 4 && y0 * scale + y < height + 4;
}

/* Looking around -------------------------------------------------------------------------------------- */

/** The smallest box under a point of the screen; tolerance in pixels of the screen. */
function symbolAt(x, y, tolerance = 4) {
  const [px, py] = toPage(x, y);
  const reach = tolerance / view.scale;
  let best = null, least = Infinity;
  for (const symbol of visible.all) {
    const [x0, y0, x1, y1] = symbol.box;
    if (px < x0 - reach || px > x1 + reach || py < y0 - reach || py > y1 + reach) continue;
    const size = (x1 - x0 + reach) * (y1 - y0 + reach);
    if (size < least) [best, least] = [symbol, size];
  }
  return best;
}

/** Zoom so that the point (x, y) of the screen stays where it is. */
function zoomBy(factor, x = view.width / 2, y = view.height / 2) {
  const scale = Math.min(Math.max(view.scale * factor, fitScale() * 0.5), 16);
  const [px, py] = toPage(x, y);
  Object.assign(view, { scale, x: x - px * scale, y: y - py * scale });
  moved();
}

function panBy(dx, dy) {
  view.x += dx;
  view.y += dy;
  moved();
}

/** After any move: keep some of the page in sight. */
function moved() {
  const page = currentPage();
  const edge = 60;
  view.x = Math.min(Math.max(view.x, edge - page.width * view.scale), view.width - edge);
  view.y = Math.min(Math.max(view.y, edge - page.height * view.scale), view.height - edge);
  one("#zoom").value = Math.round(view.scale * 100) + " %";
  redraw();
}

function fitScale() {
  const page = currentPage();
  return Math.min((view.width - 24) / page.width, (view.height - 24) / page.height);
}

function fitPage() {
  const page = currentPage();
  view.scale = fitScale();
  view.x = (view.width - page.width * view.scale) / 2;
  view.y = (view.height - page.height * view.scale) / 2;
  moved();
}

/** Bring a box to the middle. near: come so close that a staff fills a fair part of the screen. */
function goTo(box, near = false) {
  const { interline } = currentPage();
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  const holds = Math.min(view.width / (width + 4 * interline), view.height / (height + 4 * interline));
  const wanted = Math.min(view.width, view.height) / (26 * interline);
  const scale = near ? Math.max(view.scale, wanted) : view.scale;
  view.scale = Math.max(Math.min(scale, holds), fitScale());
  view.x = view.width / 2 - ((box[0] + box[2]) / 2) * view.scale;
  view.y = view.height / 2 - ((box[1] + box[3]) / 2) * view.scale;
  moved();
}

/** Fit the canvas to its place on the screen; the middle of what is seen stays in the middle. */
function resize() {
  const { width, height } = canvas.getBoundingClientRect();
  const dense = Math.min(window.devicePixelRatio || 1, 3);
  if (!width || (width === view.width && height === view.height && dense === view.dense)) return;
  const first = !view.width;
  view.x += (width - view.width) / 2;
  view.y += (height - view.height) / 2;
  Object.assign(view, { width, height, dense });
  canvas.width = Math.round(width * dense);
  canvas.height = Math.round(height * dense);
  if (first) fitPage();
  draw(); // at once: a canvas is empty after its size is set
}
