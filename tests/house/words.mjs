// What the text says about the house: names of files, links, anchors, versions.

import { posix } from 'node:path';
import { commentsOf } from './code.mjs';
import { CPP, JAVASCRIPT, lineAt, matching } from './tree.mjs';

const MARKDOWN = /\.md$/;

/** Files of other projects, of the system, and of what is built, which a comment may name. */
const ELSEWHERE = new RegExp(
  [
    '^(dist|node_modules|build|linux|netinet|sys|openssl|boost)/',
    '^(memcached|proto_text|items|slabs|thread|extstore|slab_automove)\\.[ch]$',
    '^(proxy\\.lua|sysexits\\.h)$',
  ].join('|'),
);

const FILE_NAME =
  /(?<![\w/.~$<>@*{}-])(?:\.{1,2}\/)*[\w-][\w./-]*\.(?:h|cc|mjs|ts|def|md|py|cmake|lua|zsh)\b(?![\w(*-])/g;

/** A file that the words may mean: the path from here, from the root, or the end of some path. */
function exists(paths, from, name) {
  const path = posix.normalize(posix.join(posix.dirname(from), name));
  if (paths.set.has(path) || paths.set.has(name)) return true;
  const end = `/${name.replace(/^(\.{1,2}\/)+/, '')}`;
  return paths.list.some((candidate) => candidate.endsWith(end));
}

function prose(path, text) {
  if (MARKDOWN.test(path)) return [{ offset: 0, text }];
  return CPP.test(path) || JAVASCRIPT.test(path) ? commentsOf(path, text) : [];
}

/** Names of files, in comments and in Markdown, that no file has. */
export function filesThatDoNotExist(tree) {
  const list = [...tree.keys()];
  const paths = { list, set: new Set(list) };
  return [...tree].flatMap(([path, text]) =>
    prose(path, text).flatMap(({ offset, text: words }) =>
      [...words.replace(/https?:\/\/\S+/g, (url) => ' '.repeat(url.length)).matchAll(FILE_NAME)]
        .filter(({ 0: name }) => !ELSEWHERE.test(name) && !exists(paths, path, name))
        .map((match) => `${path}:${lineAt(text, offset + match.index)}: ${match[0]} does not exist`),
    ),
  );
}

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(text) {
  const seen = new Map();
  const headings = text.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ +(.*?) *#*$/gm);
  return new Set(
    [...headings].map(([, title]) => {
      const slug = title
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/ /g, '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count ? `${slug}-${count}` : slug;
    }),
  );
}

function linkFault(tree, folders, path, link) {
  const [file, anchor] = link.split('#');
  const target = file ? posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, '') : path;
  if (!tree.has(target)) return folders.has(target) && !anchor ? null : `${link} leads nowhere`;
  if (anchor && MARKDOWN.test(target) && !anchorsOf(tree.get(target)).has(anchor)) return `${link}: no such heading`;
  return null;
}

/** Links of Markdown to files and headings that are not there. `assets`: paths that the tree leaves out (pictures). */
export function brokenLinks(tree, assets = []) {
  const all = new Map([...assets.map((path) => [path, '']), ...tree]);
  const folders = new Set(['.']);
  for (const path of all.keys()) {
    for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) folders.add(folder);
  }
  return matching(tree, MARKDOWN).flatMap(([path, text]) =>
    [...text.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)|(?:src|srcset|href)="([^"]+)"/g)].flatMap((match) => {
      const link = match[1] ?? match[2];
      if (/^[a-z]+:/.test(link)) return [];
      const fault = linkFault(all, folders, path, link);
      return fault ? [`${path}:${lineAt(text, match.index)}: ${fault}`] : [];
    }),
  );
}

const VERSION_HOMES = [
  'CMakeLists.txt',
  'wasm/package.json',
  'wasm/package-lock.json',
  'CHANGELOG.md',
  // What was measured, and of which version.
  'tests/bench/figures.json',
  'tests/bench/FIGURES.md',
];

/** The core tells its version to clients; it is compiled by itself, so it cannot ask CMake. */
const CORE_VERSION = /\bkIsocacheVersion = "([\d.]+)"/;

/** What other files say that the version is, as [path, version]. */
function toldVersions(tree) {
  const told = [];
  const npm = (path) => JSON.parse(tree.get(path) ?? 'null');
  told.push(['wasm/package.json', npm('wasm/package.json')?.version]);
  const lock = npm('wasm/package-lock.json');
  if (lock) told.push(['wasm/package-lock.json', lock.version], ['wasm/package-lock.json', lock.packages[''].version]);
  // The newest heading.
  const changes = tree.get('CHANGELOG.md');
  if (changes) told.push(['CHANGELOG.md', changes.match(/^## ([\d.]+)/m)?.[1]]);
  return told;
}

/**
 * The version stands in CMakeLists.txt; npm and the core want it as well, and the newest changes are those of it. It is
 * the same, and nowhere else.
 */
export function strayVersions(tree) {
  const version = tree.get('CMakeLists.txt')?.match(/project\([^)]*\bVERSION ([\d.]+)/)?.[1];
  if (!version) return ['CMakeLists.txt:1: tells no version'];
  const faults = [];
  for (const [path, told] of toldVersions(tree)) {
    if (told !== version) faults.push(`${path}:1: says ${told}, CMakeLists.txt ${version}`);
  }
  const pattern = new RegExp(`(?<![\\d.])${version.replaceAll('.', '\\.')}(?![\\d.]*\\d)`, 'g');
  for (const [path, text] of tree) {
    if (VERSION_HOMES.includes(path) || /^tests\/(house\/|tidy)/.test(path)) continue;
    const own = text.match(CORE_VERSION)?.[1];
    if (own && own !== version) faults.push(`${path}:1: says ${own}, CMakeLists.txt ${version}`);
    const copies = text.replace(CORE_VERSION, '').matchAll(pattern);
    for (const match of copies) faults.push(`${path}:${lineAt(text, match.index)}: repeats the version`);
  }
  return faults;
}
