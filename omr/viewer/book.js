"use strict";
/* The book: its pages and symbols, what counts, and every change made to them. Nothing is drawn
 * here. A symbol: {cls, box: [x0, y0, x1, y1], score, partner, state, changed, added}. Boxes are
 * pixels of the page, half-open. state: "" as detected, "kept" held by the reader, "deleted". */

const one = (selector) => document.querySelector(selector);
const book = JSON.parse(one("script.book").textContent);
const classes = book.classes;
const pageData = [...document.querySelectorAll("script.page")];
const pictureData = [...document.querySelectorAll("script.picture")];
const pageNames = pageData.map((element) => element.dataset.name);

const level = { ofModel: book.thresholds, score: 0 };
const steps = { done: [], undone: [] };
const corrections = storage("omr-corrections-" + book.id);
const checkedPages = new Set();
const pages = [];

/** A small store of this browser; reading and writing may be forbidden, then nothing is kept. */
function storage(key) {
  return {
    read() {
      try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
    },
    write(value) {
      try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; }
    },
    clear() {
      try { localStorage.removeItem(key); } catch { /* there was nothing to keep it in */ }
    },
  };
}

/** A page, read when it is first asked for. */
function pageAt(number) {
  if (!pages[number]) {
    const record = JSON.parse(pageData[number].textContent);
    const symbols = record.symbols.map(([cls, x0, y0, x1, y1, score], i) => ({
      cls, box: [x0, y0, x1, y1], score, partner: record.partners?.[i] ?? null,
      state: "", changed: false, added: false,
    }));
    const truth = record.truth?.map(([cls, ...box]) => ({ cls, box })) ?? null;
    const { width, height, interline } = record.image;
    const hasScores = symbols.some((symbol) => symbol.score !== null);
    pages[number] = {
      number, image: record.image, notice: record.notice, symbols, truth, width, height,
      interline: interline ?? Math.max(width, height) / 150, hasScores,
    };
  }
  return pages[number];
}

/** The score from which symbols of a class count. */
const levelOf = (cls) => (level.ofModel ? classes[cls].threshold : level.score);

/** Whether a symbol is there, as far as the score and the reader say. */
function counts(symbol) {
  if (symbol.state) return symbol.state === "kept";
  return symbol.score === null || symbol.score >= levelOf(symbol.cls);
}

/** 0 where the score is just at the level, 1 where it is as sure as can be, present or absent. */
function doubtDistance(symbol) {
  const at = levelOf(symbol.cls);
  return symbol.score >= at ? (symbol.score - at) / (1 - at || 1) : (at - symbol.score) / at;
}

/** "hit", "false" (alarm), "corrected" by the reader, or "" where it was not scored. */
function verdict(symbol) {
  if (symbol.changed || symbol.added) return "corrected";
  if (symbol.partner === null) return "";
  return symbol.partner < 0 ? "false" : "hit";
}

/** The true symbols that nothing that counts has found. */
function misses(page) {
  if (!page.truth) return [];
  const found = new Set(page.symbols.filter(counts).map((symbol) => symbol.partner));
  return page.truth.filter((_, i) => !found.has(i));
}

/* Changes ------------------------------------------------------------------------------------ */

const snapshot = ({ cls, box, state, changed }) => ({ cls, box, state, changed });

/** Change a symbol so that it can be undone. nudge: joined with the nudge just before it. */
function change(page, symbol, values, nudge = false) {
  const last = steps.done.at(-1);
  if (!(nudge && last?.nudge && last.symbol === symbol)) {
    steps.done.push({ page, symbol, before: snapshot(symbol), nudge });
  }
  steps.undone = [];
  Object.assign(symbol, values);
  keepCorrections();
}

/** A new symbol on the page. partner: the true symbol it was taken from, if any. */
function addSymbol(page, cls, box, partner = null) {
  const symbol = { cls, box, score: null, partner, state: "deleted", changed: false, added: true };
  page.symbols.push(symbol);
  change(page, symbol, { state: "kept" });
  return symbol;
}

/** Take the last change back, or make it again; the step, for the reader to be shown it. */
function stepBack(from = steps.done, to = steps.undone) {
  const step = from.pop();
  if (!step) return null;
  to.push({ ...step, before: snapshot(step.symbol), nudge: false });
  Object.assign(step.symbol, step.before);
  keepCorrections();
  return step;
}
const stepForth = () => stepBack(steps.undone, steps.done);

/** Sides in order, within the page, to a hundredth of a pixel, at least one pixel apart. */
function tidyBox(page, [xa, ya, xb, yb]) {
  const span = (a, b, size) => {
    const low = Math.min(Math.max(Math.min(a, b), 0), size - 1);
    return [low, Math.min(Math.max(Math.max(a, b), low + 1), size)].map((v) => Math.round(v * 100) / 100);
  };
  const [x0, x1] = span(xa, xb, page.width);
  const [y0, y1] = span(ya, yb, page.height);
  return [x0, y0, x1, y1];
}

/* Kept in the browser, so that nothing is lost -------------------------------------------------- */

const isTouched = (symbol) => symbol.state || symbol.changed || symbol.added;

function keepCorrections() {
  const touched = {};
  for (const page of pages.filter(Boolean)) {
    const rows = page.symbols.flatMap((symbol, i) =>
      isTouched(symbol) ? [[i, symbol.cls, ...symbol.box, symbol.state, symbol.changed, symbol.added, symbol.partner]] : []);
    if (rows.length) touched[page.number] = rows;
  }
  if (!Object.keys(touched).length && !checkedPages.size) corrections.clear();
  else kept.failed = !corrections.write({ pages: touched, checked: [...checkedPages] });
}
const kept = { failed: false };

/** Put back what this browser kept of this very book; how many symbols that were. */
function restoreCorrections() {
  const found = corrections.read();
  let restored = 0;
  for (const [number, rows] of Object.entries(found?.pages ?? {})) {
    const page = pageAt(Number(number));
    for (const [i, cls, x0, y0, x1, y1, state, changed, added, partner] of rows) {
      if (added) page.symbols[i] = { score: null, partner, added };
      Object.assign(page.symbols[i], { cls, box: [x0, y0, x1, y1], state, changed });
      restored += 1;
    }
  }
  for (const number of found?.checked ?? []) checkedPages.add(number);
  return restored;
}

/* Saved as ground truth ------------------------------------------------------------------------ */

/** COCO as `omr dataset` reads it: what counts on these pages, without scores. */
function asCoco(numbers) {
  const images = [], annotations = [];
  numbers.forEach((number, i) => {
    const page = pageAt(number);
    images.push({ ...page.image, id: i + 1 });
    for (const { cls, box: [x0, y0, x1, y1] } of page.symbols.filter(counts)) {
      const [width, height] = [x1 - x0, y1 - y0].map((v) => Math.round(v * 100) / 100);
      annotations.push({
        id: annotations.length + 1, image_id: i + 1, category_id: cls + 1,
        bbox: [x0, y0, width, height], area: width * height, iscrowd: 0,
      });
    }
  });
  const categories = classes.map(({ name }, i) => ({ id: i + 1, name }));
  return { images, annotations, categories };
}
