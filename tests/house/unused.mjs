// What nobody uses: files, constants, functions, exported names.

import { codeOnly } from './code.mjs';
import { arrowsOf } from './layers.mjs';
import { CPP, JAVASCRIPT, lineAt, matching } from './tree.mjs';

/** What a runtime, a tool or a reader starts with. */
const ENTRIES =
  /\.test\.mjs$|^examples\/|^wasm\/src\/(entry|adapters)\/|^wasm\/test\/packed\/|^tests\/simulation\/seam\//;

const withoutFolder = (path) => path.split('/').at(-1);
const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A script, a package.json, a CMakeLists.txt or a program that starts another may name a file. */
function namedElsewhere(tree, path) {
  const name = new RegExp(`(?<![\\w-])${escape(withoutFolder(path).replace(/\.ts$/, ''))}(?![\\w-])`);
  const readers = /(^dev|\.(mjs|json|txt|cmake|in|py|lua|cc|html|toml|cts|md|css|tsx))$/;
  return [...tree].some(([other, text]) => other !== path && readers.test(other) && name.test(text));
}

/** Headers, tables, modules and helpers that no file includes, imports or names. */
export function filesNobodyUses(tree) {
  const targets = new Set([...tree].flatMap(([path, text]) => arrowsOf(tree, path, text).map(({ target }) => target)));
  return [...tree.keys()]
    .filter(
      (path) =>
        /\.(h|def|tsx?|mjs|js|css|py|lua|zsh|c|php|rb|p[lm]|java|go)$/.test(path) &&
        !ENTRIES.test(path) &&
        !targets.has(path),
    )
    .filter((path) => !/\.d\.ts$/.test(path) && (/\.(h|def)$/.test(path) || !namedElsewhere(tree, path)))
    .map((path) => `${path}:1: nobody includes, imports or starts it`);
}

/** C++ sources that the CMakeLists.txt above them neither names nor finds with a pattern. */
export function sourcesNobodyBuilds(tree) {
  return matching(tree, /\.cc$/).flatMap(([path]) => {
    const folders = path.split('/').slice(0, -1);
    for (let depth = folders.length; depth > 0; depth--) {
      const text = tree.get(`${folders.slice(0, depth).join('/')}/CMakeLists.txt`);
      if (text === undefined) continue;
      const built = /GLOB|isocache_layer/.test(text) || text.includes(withoutFolder(path));
      return built ? [] : [`${path}:1: no CMakeLists.txt builds it`];
    }
    return [`${path}:1: no CMakeLists.txt builds it`];
  });
}

/** How often each word stands in the code of the files that match. */
function wordCounts(tree, pattern) {
  const counts = new Map();
  for (const [path, text] of matching(tree, pattern)) {
    for (const [word] of codeOnly(path, text).matchAll(/[A-Za-z_]\w*/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** Constants of C++ (kName, or any constexpr variable) whose name stands where they are defined and nowhere else. */
export function constantsNobodyUses(tree) {
  const counts = wordCounts(tree, CPP);
  return matching(tree, CPP).flatMap(([path, text]) => {
    const code = codeOnly(path, text);
    const defined = [...code.matchAll(/\bconst(?:expr)?\b[^;(){}=]*?[\s*&](\w+)(?:\[\w*\])?\s*(?:=(?!=)|\{)/g)];
    return defined
      .filter((match) => counts.get(match[1]) === 1)
      .map((match) => `${path}:${lineAt(text, match.index)}: nobody uses ${match[1]}`);
  });
}

/** Called by a library or a runtime, by name. */
const CALLED_FROM_OUTSIDE = /^(main|LLVMFuzzer\w+|isocache_\w+|operator\w*|PrintTo|beast_\w+|async_\w+|_\w+)$/;

/** Functions of a C++ header that nobody calls: the name stands in the declaration and in the definition alone. */
export function functionsNobodyUses(tree) {
  const counts = wordCounts(tree, CPP);
  const definitions = new Map();
  for (const [path, text] of matching(tree, /\.cc$/)) {
    for (const match of codeOnly(path, text).matchAll(/^[A-Za-z_][^\n;=]*?(?:[\s*&]|::)(\w+)\([^;]*?\)[^;{}()]*\{/gm)) {
      definitions.set(match[1], (definitions.get(match[1]) ?? 0) + 1);
    }
  }
  return matching(tree, /\.h$/).flatMap(([path, text]) => {
    const declaration = /^[ \t]*(?:[\w:<>,*&[\] ]+[\s*&])(\w+)\((?![^;{}]*\boverride\b)/gm;
    return [...codeOnly(path, text).matchAll(declaration)]
      .filter(({ 0: line }) => !/\b(return|else|case|using|new|throw|co_await|co_return|delete)\b/.test(line))
      .filter(({ 1: name }) => !CALLED_FROM_OUTSIDE.test(name) && !/^[A-Z]/.test(name))
      .filter(({ 1: name }) => counts.get(name) === 1 || counts.get(name) === 1 + (definitions.get(name) ?? 0))
      .map((match) => `${path}:${lineAt(text, match.index)}: nobody calls ${match[1]}`);
  });
}

const EXPORT =
  /^export (?:declare )?(?:async )?(?:abstract )?(function\*?|class|const|let|interface|type|enum) (\w+)/gm;

/** A type that stands in what the module exports has to be exported as well; whoever imports that never names it. */
const standsInOwnModule = (kind, name, text) =>
  /^(interface|type)$/.test(kind) && text.match(new RegExp(`\\b${name}\\b`, 'g')).length > 1;

/** Names that a module of TypeScript or JavaScript exports and no other file takes. */
export function exportsNobodyImports(tree) {
  const sources = matching(tree, JAVASCRIPT);
  const words = new Map(sources.map(([path, text]) => [path, new Set(text.match(/[A-Za-z_$][\w$]*/g))]));
  const passedOn = new Set(
    sources.flatMap(([path, text]) =>
      arrowsOf(tree, path, text)
        .filter(({ line }) => /^export \* from/.test(text.split('\n')[line - 1]))
        .map(({ target }) => target),
    ),
  );
  return sources
    .filter(([path]) => !ENTRIES.test(path) && !passedOn.has(path))
    .flatMap(([path, text]) =>
      [...text.matchAll(EXPORT)]
        .filter(({ 1: kind, 2: name }) => !standsInOwnModule(kind, name, text))
        .filter(({ 2: name }) => ![...words].some(([other, set]) => other !== path && set.has(name)))
        .map((match) => `${path}:${lineAt(text, match.index)}: nobody imports ${match[2]}`),
    );
}
