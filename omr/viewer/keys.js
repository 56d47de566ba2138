"use strict";
/* Keys and buttons: what calls what. The list of keys is also what the help shows. */

const inReview = () => state.mode === "review";

/** Keys by heading: [keys as shown, what they do, keys as events, function]. */
const KEYS = {
  Pages: [
    ["Page Up, [", "previous page", ["PageUp", "["], () => showPage(state.page - 1)],
    ["Page Down, ]", "next page", ["PageDown", "]"], () => showPage(state.page + 1)],
  ],
  "Looking around": [
    ["+ −", "zoom in, out", ["+", "="], () => zoomBy(1.25)],
    [null, null, ["-", "_"], () => zoomBy(0.8)],
    ["0", "whole page", ["0"], fitPage],
    ["1", "a pixel as a pixel", ["1"], () => zoomBy(1 / (view.scale * view.dense))],
    ["Arrows", "move the page", [], null],
    ["D", "light or dark", ["d"], toggleTheme],
    ["\\", "show or hide the panel", ["\\"], () => toggleSide()],
    ["?", "these keys", ["?"], () => one("#help").showModal()],
  ],
  Symbols: [
    ["N", "next symbol of its class", ["n"], () => nextOfClass(1)],
    ["P", "previous one", ["p"], () => nextOfClass(-1)],
    ["H", "hide its class", ["h"], () => state.selected && toggleClasses([state.selected.cls])],
    ["O", "only its class; again: all", ["o"], () => state.selected && showOnly([state.selected.cls])],
    ["*", "all classes", ["*"], () => { state.hidden.clear(); hiddenChanged(); }],
    ["Escape", "choose none", ["Escape"], escape],
  ],
  "Against the truth": [
    ["F", "next false alarm", ["f"], () => nextOfVerdict("false")],
    ["M", "next missed symbol", ["m"], () => nextOfVerdict("miss")],
    ["T", "show the truth", ["t"], () => currentPage().truth && toggleVerdict("truth")],
  ],
  Review: [
    ["R", "review, or only view", ["r"], () => setMode(inReview() ? "view" : "review")],
    ["Enter", "right: keep it, next", ["Enter"], () => inReview() && (state.tool ? addInMiddle() : keep())],
    ["Delete, X", "no symbol: delete it, next", ["Delete", "Backspace", "x"], () => inReview() && remove()],
    ["C", "change its class", ["c"], () => inReview() && openPick()],
    ["Arrows", "move its box; Shift: by 10", [], null],
    ["Alt Arrows", "change its size", [], null],
    ["Space", "leave it, next", [" "], () => inReview() && goInQueue(1)],
    ["B", "back to the one before", ["b"], () => inReview() && goInQueue(-1)],
    ["A", "add; Enter: in the middle", ["a"], () => inReview() && setTool(state.tool ? "" : "draw")],
    ["U, Ctrl Z", "undo", ["u"], () => inReview() && undo()],
    ["Shift U, Ctrl Y", "make again", ["U"], () => inReview() && undo(true)],
    ["V", "this page is checked", ["v"], () => inReview() && one("#checked").click()],
    ["S, Ctrl S", "save the corrections", ["s"], () => inReview() && openSaving()],
  ],
};
const ACTIONS = new Map(Object.values(KEYS).flat().flatMap(([, , keys, run]) => keys.map((key) => [key, run])));
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const WITH_CONTROL = { z: () => inReview() && undo(), y: () => inReview() && undo(true), s: () => inReview() && openSaving() };

function escape() {
  if (state.tool) setTool("");
  else choose(null);
  tip(null);
}

addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (one("dialog[open]") || target.matches('input[type="text"], select')) return;
  if (event.ctrlKey || event.metaKey) {
    const run = event.shiftKey && key.toLowerCase() === "z" ? WITH_CONTROL.y : WITH_CONTROL[key];
    if (run && inReview()) { event.preventDefault(); run(); }
    return;
  }
  if (ARROWS[key] && !target.matches('input[type="range"]')) {
    const [dx, dy] = ARROWS[key];
    const step = event.shiftKey ? 10 : 1;
    if (!nudge(dx * step, dy * step, event.altKey)) panBy(-dx * 60, -dy * 60);
    event.preventDefault();
    return;
  }
  if ((key === "Enter" || key === " ") && target.matches("button, summary") && target !== document.body) return;
  const run = ACTIONS.get(key) ?? ACTIONS.get(event.shiftKey ? key : key.toLowerCase());
  if (!run || event.altKey) return;
  event.preventDefault();
  run();
});

/* Buttons --------------------------------------------------------------------------------------------- */

const BUTTONS = {
  "page-previous": () => showPage(state.page - 1), "page-next": () => showPage(state.page + 1),
  "zoom-in": () => zoomBy(1.25), "zoom-out": () => zoomBy(0.8), "zoom-fit": fitPage,
  theme: toggleTheme, "help-open": () => one("#help").showModal(), "side-toggle": () => toggleSide(),
  "mode-view": () => setMode("view"), "mode-review": () => setMode("review"),
  "scope-page": () => setScope("page"), "scope-book": () => setScope("book"),
  keep, delete: remove, skip: () => goInQueue(1), undo: () => undo(), save: openSaving,
  add: () => setTool(state.tool ? "" : "draw"),
  "level-model": () => setLevel({ ofModel: true }),
  "colour-verdict": () => { state.colour = "verdict"; refresh(); },
  "colour-class": () => { state.colour = "class"; refresh(); },
  all: () => { state.hidden.clear(); hiddenChanged(); },
  none: () => { state.hidden = new Set(classes.keys()); hiddenChanged(); },
};
for (const [id, run] of Object.entries(BUTTONS)) {
  one("#" + id).addEventListener("click", (event) => {
    run();
    // Enter and Space are keys of the review: they shall not press the last button again.
    if (event.detail) event.currentTarget.blur();
  });
}
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
one("#page").addEventListener("change", (event) => { showPage(Number(event.target.value)); event.target.blur(); });
one("#slider").addEventListener("input", (event) => setLevel({ ofModel: false, score: Number(event.target.value) }));
one("#checked").addEventListener("change", (event) => {
  event.target.checked ? checkedPages.add(state.page) : checkedPages.delete(state.page);
  keepCorrections();
  event.target.blur();
});

/** The list of keys, as the help shows it. */
function drawKeys() {
  one("#keys").replaceChildren(...Object.entries(KEYS).map(([heading, keys]) => {
    const list = make("dl");
    for (const [shown, what] of keys.filter(([text]) => text)) {
      const caps = shown.split(", ").map((cap) => make("kbd", { textContent: cap }));
      list.append(make("dt", { textContent: what }), make("dd", {}, ...caps.flatMap((cap, i) => (i ? [" ", cap] : [cap]))));
    }
    return make("div", {}, make("h3", { textContent: heading }), list);
  }));
}

/* Beginning ---------------------------------------------------------------------------------------------- */

function start() {
  one("#title").textContent = pageNames.length > 1 ? book.title : pageNames[0];
  one("#page").append(...pageNames.map((name, i) => make("option", { value: i, textContent: pageNames.length > 1 ? `${i + 1}  ${name}` : name })));
  one("#pages").classList.toggle("single", pageNames.length === 1);
  one("#scope").hidden = pageNames.length === 1;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  setTheme(theme.read() ? theme.read() === "dark" : prefersDark.matches);
  prefersDark.addEventListener("change", (event) => theme.read() || setTheme(event.matches));
  if (innerWidth <= 720) one("#side").classList.add("closed");
  drawKeys();
  const restored = restoreCorrections();
  resize();
  new ResizeObserver(resize).observe(canvas);
  showPage(0);
  if (restored) {
    toast(`${plural(restored, "decision")} of an earlier visit restored.`, "Discard", () => {
      corrections.clear();
      location.reload();
    }, 12);
  }
}
start();
