"use strict";
/* The review queue: the symbols whose score is nearest to where they begin to count, one after
 * another, each to be kept, deleted, or given another class or box. Its order is fixed when it is
 * built, so that going back is possible; what is settled on the way is passed over. */

const queue = { scope: "page", order: [], at: -1 };
const isOpen = ({ symbol }) => !symbol.state && !symbol.changed;
const UPCOMING = 5;

/** Collect what is to be reviewed: detected symbols of the classes that are shown. */
function buildQueue() {
  const numbers = queue.scope === "page" ? [state.page] : pageNames.map((_, i) => i);
  const entries = numbers.flatMap((n) => pageAt(n).symbols
    .filter((symbol) => symbol.score !== null && !state.hidden.has(symbol.cls))
    .map((symbol) => ({ page: n, symbol, doubt: doubtDistance(symbol) })));
  queue.order = entries.sort((a, b) => a.doubt - b.doubt);
  queue.at = queue.order.findIndex(({ symbol }) => symbol === state.selected);
}

function setMode(mode) {
  state.mode = mode;
  setTool("");
  press(one("#mode-view"), mode === "view");
  press(one("#mode-review"), mode === "review");
  one("#review").hidden = mode !== "review";
  tip(null);
  if (mode === "review") {
    toggleSide(true);
    buildQueue();
    if (!state.selected || !("state" in state.selected)) goInQueue(1);
  }
  refresh();
}

function setScope(scope) {
  queue.scope = scope;
  press(one("#scope-page"), scope === "page");
  press(one("#scope-book"), scope === "book");
  buildQueue();
  queue.at = -1;
  goInQueue(1);
  refresh();
}

/** Go to the next open symbol of the queue, or to the one before, settled or not. */
function goInQueue(step) {
  const { order } = queue;
  let at = queue.at + step;
  if (step > 0) {
    while (at < order.length && !isOpen(order[at])) at += 1;
    if (at >= order.length) at = order.findIndex(isOpen); // what was skipped
  }
  if (!order[at]) {
    choose(null);
    if (step > 0) toast(queue.order.length ? "Everything in this queue is reviewed." : "There is nothing to review here.");
    return;
  }
  queue.at = at;
  show(order[at]);
}

function show({ page, symbol }) {
  const entry = queue.at;
  if (page !== state.page) showPage(page);
  queue.at = entry;
  choose(symbol);
  goTo(symbol.box, true);
}

/* What can be done with a symbol ---------------------------------------------------------------------- */

/** The chosen symbol, if it can be changed now. */
const editable = () => (state.selected && isEditable(state.selected) ? state.selected : null);

/** A new class or box for a symbol; it then counts whatever its score. */
function editSymbol(symbol, values, nudge = false) {
  change(currentPage(), symbol, { ...values, state: "kept", changed: !symbol.added }, nudge);
  afterChange();
}

function keep() {
  const { selected } = state;
  if (selected && !("state" in selected)) return adopt(selected);
  if (selected && selected.state !== "kept") change(currentPage(), selected, { state: "kept" });
  onward();
}

function remove() {
  if (!editable()) return;
  change(currentPage(), state.selected, { state: "deleted" });
  onward();
}

/** On to the next in the queue, after one was settled. */
function onward() {
  const inQueue = queue.order[queue.at]?.symbol === state.selected;
  if (inQueue) goInQueue(1);
  else choose(null);
  afterChange();
}

/** Take a missed symbol of the truth over into the detections. */
function adopt(missed) {
  const page = currentPage();
  choose(addSymbol(page, missed.cls, missed.box, page.truth.indexOf(missed)));
  afterChange();
}

function undo(again = false) {
  const step = again ? stepForth() : stepBack();
  if (!step) return toast(again ? "There is nothing to make again." : "There is nothing to undo.");
  const { page, symbol } = step;
  if (page.number !== state.page) showPage(page.number);
  const gone = symbol.state === "deleted" && symbol.added;
  queue.at = queue.order.findIndex((entry) => entry.symbol === symbol);
  choose(gone ? null : symbol);
  if (!gone) goTo(symbol.box, true);
  afterChange();
}

function afterChange() {
  if (steps.done.length && kept.failed) toast("This browser keeps nothing: save before you close it.");
  refresh();
}

/** Move the chosen box, or with `resize` its right and lower side, by pixels of the page. */
function nudge(dx, dy, resize) {
  const symbol = editable();
  if (!symbol) return false;
  const [x0, y0, x1, y1] = symbol.box;
  const page = currentPage();
  const box = resize ? tidyBox(page, [x0, y0, Math.max(x1 + dx, x0 + 1), Math.max(y1 + dy, y0 + 1)]) : movedBox(page, symbol.box, dx, dy);
  editSymbol(symbol, { box }, true);
  return true;
}

/* Adding ------------------------------------------------------------------------------------------------ */

let lastClass = null; // that a reader chose; the next box drawn is likely of it

function setTool(tool) {
  state.tool = tool;
  press(one("#add"), tool === "draw");
  canvas.className = tool === "draw" ? "drawing" : "";
  if (tool === "draw") toast("Draw a box around the symbol, or press Enter for one in the middle.");
}

/** A box is drawn: a symbol of the class chosen last, or of the nearest one, to be named now. */
function finishDrawing(box) {
  setTool("");
  const cls = lastClass ?? nearestClass(box);
  choose(addSymbol(currentPage(), cls, box));
  afterChange();
  openPick();
}

/** A box of an interline's size in the middle of the screen, for those without a pointer. */
function addInMiddle() {
  const page = currentPage();
  const [x, y] = toPage(view.width / 2, view.height / 2);
  const half = page.interline * 0.6;
  finishDrawing(tidyBox(page, [x - half, y - half, x + half, y + half]));
}

/** The class of the symbol whose size is most like a box's. */
function nearestClass(box) {
  const size = ([x0, y0, x1, y1]) => [Math.log(x1 - x0), Math.log(y1 - y0)];
  const [w, h] = size(box);
  let best = 0, least = Infinity;
  for (const symbol of currentPage().symbols.filter(counts)) {
    const [sw, sh] = size(symbol.box);
    const apart = Math.hypot(sw - w, sh - h);
    if (apart < least) [best, least] = [symbol.cls, apart];
  }
  return best;
}

/* The class, by typing ahead ----------------------------------------------------------------------------- */

const pick = { choices: [], at: 0 };

/** How well a class's name answers to what was typed; 0: not at all. */
function fit(name, typed) {
  const [full, short] = [name.toLowerCase(), typed.toLowerCase().replace(/\s+/g, "")];
  if (full.startsWith(short)) return 4;
  const initials = name.replace(/[^A-Z0-9]/g, "").toLowerCase();
  if (full.includes(short)) return 3;
  if ((full[0] + initials).startsWith(short)) return 2;
  let at = -1;
  for (const letter of short) if ((at = full.indexOf(letter, at + 1)) < 0) return 0;
  return 1;
}

function openPick() {
  if (!editable()) return;
  const input = one("#pick");
  input.value = "";
  input.focus();
  suggest();
}

function closePick() {
  one("#choices").hidden = true;
  one("#pick").setAttribute("aria-expanded", "false");
  one("#pick").value = "";
  canvas.focus({ preventScroll: true });
}

/** The classes that what was typed may mean, best first; before that the own, then the commonest. */
function suggest() {
  const typed = one("#pick").value, own = state.selected?.cls;
  const onPage = new Map();
  for (const { cls } of currentPage().symbols.filter(counts)) onPage.set(cls, (onPage.get(cls) ?? 0) + 1);
  pick.choices = classes.map(({ name }, cls) => ({ cls, fit: fit(name, typed), count: onPage.get(cls) ?? 0 }))
    .filter((choice) => choice.fit)
    .sort((a, b) => (typed ? b.fit - a.fit : (b.cls === own) - (a.cls === own)) || b.count - a.count || classes[a.cls].name.localeCompare(classes[b.cls].name))
    .slice(0, 50);
  pick.at = 0;
  drawChoices();
}

function drawChoices() {
  const list = one("#choices");
  list.hidden = false;
  one("#pick").setAttribute("aria-expanded", "true");
  list.replaceChildren(...pick.choices.map(({ cls, count }, i) => {
    const item = make("li", { onpointerdown: (event) => { event.preventDefault(); pickClass(cls); } },
      swatch(cls), make("span", { className: "text", textContent: classes[cls].name }), make("span", { className: "number", textContent: count || "" }));
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(i === pick.at));
    return item;
  }));
  list.children[pick.at]?.scrollIntoView({ block: "nearest" });
}

function pickClass(cls) {
  const symbol = editable();
  closePick();
  if (!symbol) return;
  lastClass = symbol.added ? cls : lastClass;
  if (symbol.cls !== cls) editSymbol(symbol, { cls });
  else afterChange();
}

one("#pick").addEventListener("input", suggest);
one("#pick").addEventListener("focus", suggest);
one("#pick").addEventListener("blur", () => { one("#choices").hidden = true; });
one("#pick").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && pick.choices.length) {
    pick.at = (pick.at + step + pick.choices.length) % pick.choices.length;
    drawChoices();
  } else if (event.key === "Enter" && pick.choices[pick.at]) pickClass(pick.choices[pick.at].cls);
  else if (event.key === "Escape") closePick();
  else return;
  event.preventDefault();
  event.stopPropagation();
});

/* What the panel shows -------------------------------------------------------------------------------------- */

function drawReview() {
  if (state.mode !== "review") return;
  const page = currentPage(), symbol = state.selected;
  const open = queue.order.filter(isOpen).length, all = queue.order.length;
  one("#progress").max = all || 1;
  one("#progress").value = all - open;
  one("#progress-text").textContent = all
    ? `${number(all - open)} of ${number(all)} reviewed, the most doubtful first`
    : "No scores here: choose any symbol to correct it";
  one("#card").hidden = !symbol;
  if (symbol) {
    const missed = !("state" in symbol);
    one("#card .swatch").style.setProperty("--swatch", classes[symbol.cls].colour);
    one("#card-class").textContent = classes[symbol.cls].name;
    one("#card-score").textContent = symbol.score != null ? symbol.score.toFixed(2) : "";
    one("#card-facts").textContent = facts(symbol).filter((fact) => !fact.startsWith("score")).join(" · ");
    one("#pick").disabled = one("#delete").disabled = !isEditable(symbol);
    one("#keep").lastChild.textContent = missed ? "Add it" : symbol.state === "deleted" ? "Restore" : "Keep";
  }
  press(one("#add"), state.tool === "draw");
  one("#undo").disabled = !steps.done.length;
  one("#checked").checked = checkedPages.has(page.number);
  const changes = pages.filter(Boolean).flatMap((p) => p.symbols).filter(isTouched).length;
  one("#kept").textContent = !changes ? "" : kept.failed ? "Not kept by this browser: save them."
    : `${plural(changes, "decision")} kept in this browser.`;
  drawUpcoming();
}

/** Small pictures of what comes next. */
function drawUpcoming() {
  const next = queue.order.slice(Math.max(queue.at + 1, 0)).filter((entry) => isOpen(entry) && entry.page === state.page);
  const shown = picture.page === state.page ? next.slice(0, UPCOMING) : [];
  one("#upcoming").hidden = !shown.length;
  one("#upcoming").replaceChildren(...shown.map((entry) => {
    const { cls, score } = entry.symbol;
    const label = `${classes[cls].name} ${score.toFixed(2)}`;
    return make("button", { title: label, ariaLabel: label, onclick: () => { queue.at = queue.order.indexOf(entry); show(entry); } },
      thumbnail(entry.symbol));
  }));
}

function thumbnail({ box: [x0, y0, x1, y1], cls }) {
  const page = currentPage(), side = 108;
  const reach = Math.max(x1 - x0, y1 - y0, page.interline * 2.5) + page.interline;
  const bitmap = picture.levels[0], ratio = bitmap.width / page.width, scale = side / reach;
  const [left, top] = [(x0 + x1 - reach) / 2, (y0 + y1 - reach) / 2];
  const small = make("canvas", { width: side, height: side });
  const pen = small.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, side, side);
  pen.drawImage(bitmap, left * ratio, top * ratio, reach * ratio, reach * ratio, 0, 0, side, side);
  pen.strokeStyle = classes[cls].colour;
  pen.lineWidth = 4;
  pen.strokeRect((x0 - left) * scale, (y0 - top) * scale, (x1 - x0) * scale, (y1 - y0) * scale);
  return small;
}

/* Saving ------------------------------------------------------------------------------------------------------ */

function openSaving() {
  const done = [...checkedPages].sort((a, b) => a - b);
  if (pageNames.length === 1) return save([0]);
  one("#save-checked").textContent = `Checked pages (${done.length})`;
  one("#save-checked").disabled = !done.length;
  one("#save-checked").onclick = () => save(done);
  one("#save-all").textContent = `All pages (${pageNames.length})`;
  one("#save-all").onclick = () => save(pageNames.map((_, i) => i));
  one("#saving").showModal();
}

function save(numbers) {
  one("#saving").close();
  const coco = asCoco(numbers);
  const text = JSON.stringify(coco);
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href: address, download: "annotations.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  toast(`annotations.json: ${plural(numbers.length, "page")}, ${plural(coco.annotations.length, "symbol")}. Put it where the pictures are.`, null, null, 10);
}
