"use strict";
/* What stands around the page: pages, score, verdicts, classes, the tip at the pointer, messages.
 * Text from the data is always set as text, never as HTML. */

/** An element: make("button", {className: "row"}, child, "text"). */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function swatch(cls) {
  const element = make("span", { className: "swatch" });
  element.style.setProperty("--swatch", classes[cls].colour);
  return element;
}

const number = (n) => n.toLocaleString("en");
const plural = (n, word) => `${number(n)} ${word}${n === 1 ? "" : "s"}`;
const press = (element, pressed) => element.setAttribute("aria-pressed", String(pressed));

/** After a change of symbols, score or what is shown: everything that depends on it. */
function refresh() {
  refreshVisible();
  drawList();
  drawScores();
  drawChips();
  drawReview();
}

let asked = 0;
/** `refresh` with the next frame; many asks, as from a slider, make one. */
function refreshSoon() {
  if (!asked) asked = requestAnimationFrame(() => { asked = 0; refresh(); });
}

/* Pages -------------------------------------------------------------------------------------------- */

function showPage(wanted) {
  const last = pageNames.length - 1;
  state.page = Math.min(Math.max(wanted, 0), last);
  Object.assign(state, { selected: null, hovered: null });
  sketch = null;
  one("#page").value = state.page;
  one("#page-previous").disabled = state.page === 0;
  one("#page-next").disabled = state.page === last;
  const { notice } = currentPage();
  one("#notice").textContent = notice;
  one("#notice").hidden = !notice;
  tip(null);
  if (view.width) fitPage();
  loadPicture(state.page).catch(() => toast("The picture of this page cannot be shown."));
  if (state.mode === "review" && queue.scope === "page") buildQueue();
  refresh();
}

/* Score -------------------------------------------------------------------------------------------- */

function setLevel(values) {
  Object.assign(level, values);
  if (state.mode === "review") buildQueue();
  refreshSoon();
}

function drawScores() {
  one("#scores").hidden = !currentPage().hasScores;
  one("#slider").value = level.ofModel ? 0 : level.score;
  one("#slider").classList.toggle("idle", level.ofModel);
  one("#level").value = level.ofModel ? "each class's own" : `at least ${level.score.toFixed(2)}`;
  one("#level-model").hidden = !book.thresholds || level.ofModel;
}

/* Verdicts ----------------------------------------------------------------------------------------- */

const VERDICTS = {
  hit: "Found", false: "False alarms", miss: "Missed", corrected: "Corrected", truth: "Truth",
};

function drawChips() {
  const page = currentPage();
  one("#verdicts").hidden = !page.truth;
  if (!page.truth) return;
  press(one("#colour-verdict"), state.colour === "verdict");
  press(one("#colour-class"), state.colour === "class");
  const found = { hit: 0, false: 0, corrected: 0, miss: misses(page).length, truth: page.truth.length };
  for (const symbol of page.symbols) if (counts(symbol) && verdict(symbol)) found[verdict(symbol)] += 1;
  const chips = Object.keys(VERDICTS).filter((kind) => kind !== "corrected" || found.corrected);
  one("#chips").replaceChildren(...chips.map((kind) => {
    const chip = make("button", { onclick: () => toggleVerdict(kind) },
      make("span", { className: `key ${kind}` }), VERDICTS[kind],
      make("span", { className: "number", textContent: number(found[kind]) }));
    chip.dataset.kind = kind;
    press(chip, state.shown[kind]);
    return chip;
  }));
}

function toggleVerdict(kind) {
  state.shown[kind] = !state.shown[kind];
  refresh();
}

/* Classes ------------------------------------------------------------------------------------------- */

/** The classes on the page by family: [[family, [[class, count], ...]], ...]. */
function countedFamilies() {
  const found = new Map();
  for (const { cls } of currentPage().symbols.filter(counts)) found.set(cls, (found.get(cls) ?? 0) + 1);
  for (const { cls } of currentPage().truth ?? []) if (!found.has(cls)) found.set(cls, 0);
  const byFamily = book.families.map(() => []);
  for (const [cls, count] of found) byFamily[classes[cls].family].push([cls, count]);
  byFamily.forEach((rows) => rows.sort((a, b) => classes[a[0]].name.localeCompare(classes[b[0]].name)));
  return [...byFamily.entries()].filter(([, rows]) => rows.length);
}

function drawList() {
  const families = countedFamilies();
  const all = families.flatMap(([, rows]) => rows);
  const sum = (rows) => rows.reduce((total, [, count]) => total + count, 0);
  one("#total").textContent = `${plural(sum(all), "symbol")}, ${plural(all.length, "class").replace("classs", "classes")}`;
  one("#list").replaceChildren(...families.map(([family, rows]) => {
    const members = rows.map(([cls]) => cls);
    const group = make("div", { className: "family" });
    if (rows.length > 1) group.append(row(book.families[family], sum(rows), members, true));
    group.append(...rows.map(([cls, count]) => row(classes[cls].name, count, [cls], false)));
    return group;
  }));
}

/** A line of the list, for one class or for all of a family. */
function row(name, count, members, isTitle) {
  const off = members.every((cls) => state.hidden.has(cls));
  const chosen = !isTitle && state.selected?.cls === members[0];
  const button = make("button", { className: "name", title: name, onclick: (event) => (event.altKey ? showOnly(members) : toggleClasses(members)) },
    ...(isTitle ? [] : [swatch(members[0])]), make("span", { className: "text", textContent: name }),
    make("span", { className: "number", textContent: number(count) }));
  press(button, !off);
  const only = make("button", { className: "only", textContent: "only", title: `Only ${name}`, onclick: () => showOnly(members) });
  const line = make("div", { className: `row${isTitle ? " title" : ""}${off ? " off" : ""}${chosen ? " chosen" : ""}` }, button, only);
  line.dataset.name = name;
  return line;
}

function toggleClasses(members) {
  const off = members.every((cls) => state.hidden.has(cls));
  for (const cls of members) off ? state.hidden.delete(cls) : state.hidden.add(cls);
  hiddenChanged();
}

/** Hide all others; asked again of the same, show all. */
function showOnly(members) {
  const others = classes.map((_, cls) => cls).filter((cls) => !members.includes(cls));
  const already = others.length === state.hidden.size && others.every((cls) => state.hidden.has(cls));
  state.hidden = new Set(already ? [] : others);
  hiddenChanged();
}

function hiddenChanged() {
  if (state.mode === "review") buildQueue();
  refresh();
}

/* The symbol that is looked at -------------------------------------------------------------------- */

/** Choose a symbol, or none; its class is marked in the list. */
function choose(symbol) {
  state.selected = symbol;
  drawList();
  drawReview();
  redraw();
  if (symbol && state.mode === "view") tipAtSymbol(symbol);
}

/** The next symbol of the chosen one's class on the page, in reading order; of all, if none is. */
function nextOfClass(step) {
  const { selected } = state;
  const same = visible.all.filter((symbol) => !selected || symbol.cls === selected.cls);
  stepThrough(readingOrder(same), step);
}

/** The next symbol with a verdict: "false" or "miss". */
function nextOfVerdict(kind) {
  const list = kind === "miss" ? visible.misses : visible.all.filter((symbol) => "state" in symbol && verdict(symbol) === kind);
  if (list.length) stepThrough(readingOrder(list), 1);
}

function stepThrough(list, step) {
  if (!list.length) return;
  const at = list.indexOf(state.selected);
  const symbol = list[at < 0 ? (step > 0 ? 0 : list.length - 1) : (at + step + list.length) % list.length];
  choose(symbol);
  goTo(symbol.box, true);
  if (state.mode === "view") tipAtSymbol(symbol);
}

/** Down the page in bands of about a staff, and from left to right in each. */
function readingOrder(symbols) {
  const band = currentPage().interline * 8;
  const key = ({ box: [x0, y0, , y1] }) => [Math.floor((y0 + y1) / 2 / band), x0];
  return symbols.map((symbol) => [key(symbol), symbol])
    .sort(([a], [b]) => a[0] - b[0] || a[1] - b[1]).map(([, symbol]) => symbol);
}

/** Class, score and box of a symbol beside a point of the screen. */
function tip(symbol, x = 0, y = 0) {
  const box = one("#tip");
  box.hidden = !symbol;
  if (!symbol) return;
  box.replaceChildren(make("strong", {}, swatch(symbol.cls), classes[symbol.cls].name),
    make("div", { className: "number", textContent: facts(symbol).join(" · ") }));
  const { offsetWidth: width, offsetHeight: height } = box;
  const left = x + 16 + width > view.width ? x - 16 - width : x + 16;
  const top = y + 18 + height > view.height ? y - 12 - height : y + 18;
  box.style.left = `${Math.max(left, 4)}px`;
  box.style.top = `${Math.max(top, 4)}px`;
}

function tipAtSymbol({ box }) {
  const [x, y] = toScreen(box[2], box[3]);
  tip(state.selected, Math.min(Math.max(x - 8, 0), view.width), Math.min(Math.max(y - 8, 0), view.height));
}

/** What there is to say of a symbol: score, verdict, box. */
function facts(symbol) {
  const [x0, y0, x1, y1] = symbol.box.map((v) => Math.round(v * 10) / 10);
  const said = [];
  if (symbol.score != null) said.push(`score ${symbol.score.toFixed(2)}`);
  if (!("state" in symbol)) said.push("missed");
  else if (symbol.state === "deleted") said.push("deleted");
  else if (symbol.added) said.push("added");
  else if (symbol.changed) said.push("corrected");
  else if (symbol.state === "kept") said.push("kept");
  else if (verdict(symbol)) said.push({ hit: "found", false: "false alarm" }[verdict(symbol)]);
  if (symbol.score != null && symbol.state === "" && !counts(symbol)) said.push("too low to count");
  said.push(`x ${x0}–${x1}, y ${y0}–${y1}`);
  return said;
}

/* Messages, theme ------------------------------------------------------------------------------------ */

let toastEnds = 0;
function toast(text, action = null, run = null, seconds = 5) {
  const box = one("#toast");
  box.replaceChildren(text);
  if (action) box.append(make("button", { textContent: action, onclick: () => { box.hidden = true; run(); } }));
  box.hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => { box.hidden = true; }, seconds * 1000);
}

const theme = storage("omr-theme");
function setTheme(dark) {
  document.documentElement.classList.toggle("dark", dark);
  readColours();
  redraw();
}
function toggleTheme() {
  const dark = !document.documentElement.classList.contains("dark");
  theme.write(dark ? "dark" : "light");
  setTheme(dark);
}

function toggleSide(open = one("#side").classList.contains("closed")) {
  one("#side").classList.toggle("closed", !open);
  resize();
}
