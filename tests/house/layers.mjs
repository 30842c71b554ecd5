// Arrows point down: which room may include which. The core's rooms are listed here; native/LAYERS.json,
// wasm/src/LAYERS.json and web/LAYERS.json list theirs: {"room": ["a room that it may include"]}; "top" is the folder
// itself.

import { importsOf, includesOf } from './code.mjs';
import { CPP, JAVASCRIPT, matching, resolveImport, resolveInclude } from './tree.mjs';

/**
 * Core's rooms by path, the longest prefix wins -> the rooms below, which it may include besides itself. A room's
 * folders that have no line of their own belong to it.
 */
export const CORE = {
  base: [],
  store: ['base'],
  snapshot: ['base', 'store'],
  tier: ['base'],
  watch: ['base'],
  protocol: ['base'],
  command: ['base', 'store', 'tier', 'watch', 'protocol'],
  session: ['base', 'store', 'protocol', 'command'],
};

/** The folders of tests/ -> the folders of tests/ that they may include or import besides themselves. */
export const TESTS = {
  support: [],
  lib: [],
  house: [],
  unit: ['support'],
  conformance: ['support'],
  model: ['support'],
  simulation: ['support'],
  fuzz: ['support'],
  odr: [],
  native: ['support'],
  bench: ['support', 'lib'],
  differential: ['lib'],
  e2e: ['lib', 'differential'],
};

const roomIn = (rooms, path) =>
  Object.keys(rooms)
    .filter((room) => path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];

/** The room of a file below `folder`: a known one, "top" for the folder itself, or undefined. */
function roomOf(rooms, folder, path) {
  const inside = path.slice(folder.length);
  if (!inside.includes('/')) return 'top' in rooms ? 'top' : undefined;
  return roomIn(rooms, inside);
}

/** Every { path, line, target } of one file: what it includes or imports, as far as it is in the tree. */
export function arrowsOf(tree, path, text) {
  const cpp = CPP.test(path);
  const resolve = cpp ? resolveInclude : resolveImport;
  const named = cpp ? includesOf(text) : JAVASCRIPT.test(path) ? importsOf(path, text) : [];
  return named
    .map(({ name, line }) => ({ path, line, target: resolve(tree, path, name) }))
    .filter(({ target }) => target !== null);
}

/** The arrows inside `folder` ("native/") that `rooms` does not allow. */
export function upwardArrows(tree, folder, rooms) {
  return matching(tree, new RegExp(`^${folder}`)).flatMap(([path, text]) => {
    if (!CPP.test(path) && !JAVASCRIPT.test(path)) return [];
    const room = roomOf(rooms, folder, path);
    if (!room) return [`${path}:1: lies in no known room of ${folder}`];
    return arrowsOf(tree, path, text).flatMap(({ line, target }) => {
      if (!target.startsWith(folder)) return [];
      const other = roomOf(rooms, folder, target);
      if (other === room || rooms[room].includes(other)) return [];
      return [`${path}:${line}: ${room} must not know ${other} (${target})`];
    });
  });
}

/** A list of rooms must name rooms that exist, and must not lead back to where it began. */
export function faultsOfRooms(file, rooms) {
  const unknown = Object.entries(rooms).flatMap(([room, below]) =>
    below.filter((other) => !(other in rooms)).map((other) => `${file}:1: ${room} names ${other}, which is no room`),
  );
  const graph = new Map(Object.entries(rooms));
  return [...unknown, ...circlesOfGraph(graph).map((circle) => `${file}:1: a circle of rooms: ${circle}`)];
}

/** What stands below a part: the parts of the house -> the folders that it must not name. */
const PARTS = [
  [/^core\//, /^(native|wasm|tests|examples|web)\//],
  [/^native\//, /^(wasm|tests|examples|web)\//],
  [/^wasm\/(abi|src|scripts)\//, /^(native|tests|examples|web)\//],
  // The page takes the package by its name, as everybody does.
  [/^web\/src\//, /^(core|native|wasm|tests|examples)\/|^web\/(test|scripts)\//],
];

/** Arrows from one part of the house to one that it must not know. */
export function arrowsBetweenParts(tree) {
  return [...tree].flatMap(([path, text]) => {
    const above = PARTS.find(([from]) => from.test(path))?.[1];
    if (!above) return [];
    return arrowsOf(tree, path, text)
      .filter(({ target }) => above.test(target))
      .map(({ line, target }) => `${path}:${line}: must not know ${target}`);
  });
}

/** A header and its source file are one unit: a circle between two units is a circle between two ideas. */
const unitOf = (path) => path.replace(/\.(h|cc|tsx?|cts|mjs|js)$/, '');

/** A unit may be told in several files, `store.h` and the inner `store_impl.h`: store.cc includes both. */
const isInnerHeader = (path, target) => path.endsWith('.cc') && target.startsWith(`${unitOf(path)}_`);

/** Each circle of units among the files whose path matches, as "a -> b -> a". */
export function circles(tree, pattern) {
  const graph = new Map();
  for (const [path, text] of matching(tree, pattern)) {
    const arrows = arrowsOf(tree, path, text).filter(({ target }) => !isInnerHeader(path, target));
    const targets = arrows.map(({ target }) => unitOf(target));
    const unit = unitOf(path);
    const known = graph.get(unit) ?? new Set();
    for (const target of targets) if (target !== unit) known.add(target);
    graph.set(unit, known);
  }
  return circlesOfGraph(graph);
}

function circlesOfGraph(graph) {
  const found = [];
  const done = new Set();
  const way = [];
  const visit = (unit) => {
    if (done.has(unit)) return;
    const start = way.indexOf(unit);
    if (start >= 0) {
      found.push([...way.slice(start), unit].join(' -> '));
      return;
    }
    way.push(unit);
    for (const target of graph.get(unit) ?? []) visit(target);
    way.pop();
    done.add(unit);
  };
  for (const unit of graph.keys()) visit(unit);
  return found;
}
