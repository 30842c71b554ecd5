// What the clients of Node have in common. README.md says what the lines are.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import readline from 'node:readline';

export const require = createRequire(import.meta.url);

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** `packageName`: of node_modules, or null; then `version` says which. */
export async function serve(name, verbs, version = versionOf(name)) {
  say({ client: name, version, verbs: Object.keys(verbs) });
  for await (const line of readline.createInterface(process.stdin)) {
    const [verb, ...values] = JSON.parse(line);
    try {
      say({ is: (await verbs[verb](...values)) ?? null });
    } catch (error) {
      say({ failed: String(error.message ?? error) });
    }
  }
  process.exit();
}

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
