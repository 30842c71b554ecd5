// Bundles an application's worker.mjs as the providers' own tools do: one file, and wasm modules beside it.

import path from 'node:path';

/** `wasm(name)` gives the code of a module whose default export is the compiled wasm; none: it stays an import. */
export async function workerBundle(folder, { main, condition, wasm }) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [path.join(folder, main)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: [condition],
    plugins: [
      {
        name: 'wasm',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path: file }) =>
            wasm ? { path: file, namespace: 'wasm' } : { path: `./${path.basename(file)}`, external: true },
          );
          if (wasm) onLoad({ filter: /./, namespace: 'wasm' }, ({ path: file }) => ({ contents: wasm(file) }));
        },
      },
    ],
  });
  return outputFiles[0].text;
}
