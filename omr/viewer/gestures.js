"use strict";
/* Pointers on the page: mouse, pen and fingers alike. One moves the page, two zoom it; in review
 * one on the chosen symbol moves it or its corner, and with the drawing tool draws a box. */

const pointers = new Map(); // id -> [x, y] on the canvas
let gesture = null;         // what the first pointer down has begun
const CLICK = 5;            // pixels a click may move
const TAP_MS = 350;
const CURSORS = ["nwse", "nesw", "nwse", "nesw"];

const place = (event) => [event.offsetX, event.offsetY];
const tolerance = (event) => (event.pointerType === "mouse" ? 4 : 12);

canvas.addEventListener("pointerdown", (event) => {
  if (event.button > 1) return;
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, place(event));
  tip(null);
  if (pointers.size === 2) {
    abandon();
    gesture = { kind: "pinch" };
  } else if (pointers.size === 1) {
    gesture = begin(event);
  }
});

/** What a press here begins. */
function begin(event) {
  const [x, y] = place(event);
  const start = { x, y, at: event.timeStamp, moved: false };
  if (state.tool === "draw") return { ...start, kind: "draw", from: toPage(x, y) };
  const handle = handleAt(x, y, event);
  if (handle !== null) {
    const symbol = state.selected;
    return { ...start, kind: "edit", handle, symbol, before: snapshot(symbol) };
  }
  return { ...start, kind: "pan" };
}

/** The corner of the chosen symbol at a point, 4 for its inside, or null. */
function handleAt(x, y, event) {
  const symbol = state.selected;
  if (!symbol || !isEditable(symbol)) return null;
  const reach = event.pointerType === "mouse" ? 8 : 20;
  const corner = corners(symbol.box).findIndex(([cx, cy]) => Math.hypot(cx - x, cy - y) < reach);
  if (corner >= 0) return corner;
  const [left, top, width, height] = onScreen(symbol.box);
  return x >= left && y >= top && x <= left + width && y <= top + height ? 4 : null;
}

canvas.addEventListener("pointermove", (event) => {
  const now = place(event);
  const before = pointers.get(event.pointerId);
  if (!before) return hover(event);
  pointers.set(event.pointerId, now);
  if (!gesture) return;
  if (gesture.kind === "pinch") return pinch(event.pointerId, before, now);
  const { x, y } = gesture;
  if (!gesture.moved && Math.hypot(now[0] - x, now[1] - y) < CLICK) return;
  if (!gesture.moved) {
    gesture.moved = true;
    if (gesture.kind === "pan") canvas.classList.add("panning");
    now[0] === x || (before[0] = x, before[1] = y);
  }
  if (gesture.kind === "pan") panBy(now[0] - before[0], now[1] - before[1]);
  if (gesture.kind === "edit") dragTo(gesture, now);
  if (gesture.kind === "draw") {
    sketch = tidyBox(currentPage(), [...gesture.from, ...toPage(...now)]);
    redraw();
  }
});

function pinch(id, before, now) {
  const other = [...pointers].find(([key]) => key !== id)?.[1];
  if (!other) return;
  const apart = ([x, y]) => Math.hypot(x - other[0], y - other[1]);
  const middle = ([x, y]) => [(x + other[0]) / 2, (y + other[1]) / 2];
  const [from, to] = [middle(before), middle(now)];
  panBy(to[0] - from[0], to[1] - from[1]);
  if (apart(before) > 8) zoomBy(apart(now) / apart(before), ...to);
}

/** Move the symbol, or one corner of it, by as much as the pointer has moved. */
function dragTo({ symbol, handle, before, x, y }, now) {
  const [dx, dy] = [(now[0] - x) / view.scale, (now[1] - y) / view.scale];
  const [x0, y0, x1, y1] = before.box;
  const left = handle === 0 || handle === 3, top = handle === 0 || handle === 1;
  if (handle === 4) symbol.box = movedBox(currentPage(), before.box, dx, dy);
  else {
    symbol.box = tidyBox(currentPage(), [
      left ? Math.min(x0 + dx, x1 - 1) : x0, top ? Math.min(y0 + dy, y1 - 1) : y0,
      left ? x1 : Math.max(x1 + dx, x0 + 1), top ? y1 : Math.max(y1 + dy, y0 + 1),
    ]);
  }
  redraw();
}

/** A box moved without changing its size, held within the page. */
function movedBox(page, [x0, y0, x1, y1], dx, dy) {
  const mx = Math.min(Math.max(dx, -x0), page.width - x1);
  const my = Math.min(Math.max(dy, -y0), page.height - y1);
  return tidyBox(page, [x0 + mx, y0 + my, x1 + mx, y1 + my]);
}

function lift(event) {
  if (!pointers.delete(event.pointerId)) return;
  canvas.classList.remove("panning");
  const ended = gesture;
  if (pointers.size) return; // the last finger of a pinch does nothing more
  gesture = null;
  if (event.type === "pointercancel") return abandon(ended);
  if (ended?.kind === "edit" && ended.moved) {
    const { box } = ended.symbol;
    Object.assign(ended.symbol, ended.before);
    editSymbol(ended.symbol, { box });
  } else if (ended?.kind === "draw" && sketch) {
    const box = sketch;
    sketch = null;
    finishDrawing(box);
  } else if (ended && ended.kind !== "pinch" && !ended.moved && event.timeStamp - ended.at < TAP_MS * 2) {
    choose(symbolAt(...place(event), tolerance(event)));
  }
}
canvas.addEventListener("pointerup", lift);
canvas.addEventListener("pointercancel", lift);

/** Give up what was begun, as when a second finger comes down. */
function abandon(begun = gesture) {
  if (begun?.kind === "edit") Object.assign(begun.symbol, begun.before);
  sketch = null;
  redraw();
}

function hover(event) {
  if (event.pointerType === "touch") return;
  const [x, y] = place(event);
  const handle = state.tool ? null : handleAt(x, y, event);
  const symbol = state.tool ? null : symbolAt(x, y);
  canvas.className = state.tool ? "drawing" : handle === 4 ? "moving" : CURSORS[handle] ?? (symbol ? "over" : "");
  if (symbol !== state.hovered) {
    state.hovered = symbol;
    redraw();
  }
  tip(symbol, x, y);
}

canvas.addEventListener("pointerleave", () => {
  state.hovered = null;
  tip(null);
  redraw();
});

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 20 : 1;
  if (event.shiftKey) return panBy(-(event.deltaX || event.deltaY) * lines, 0);
  const speed = event.ctrlKey ? 0.01 : 0.0016; // a pinch on a touch pad comes as ctrl and wheel
  zoomBy(Math.exp(-event.deltaY * lines * speed), ...place(event));
  hover(event);
}, { passive: false });

canvas.addEventListener("dblclick", (event) => {
  if (!symbolAt(...place(event)) && !state.tool) zoomBy(2, ...place(event));
});
