// Prepares build/web, where tsc writes the modules that the unit tests load: they are ES modules, and find the packages
// of web/ from there. Run by `npm run build:unit`.

import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const build = path.join(web, '..', 'build', 'web');
const packages = path.join(build, 'node_modules');

mkdirSync(path.join(build, 'unit'), { recursive: true });
writeFileSync(path.join(build, 'unit', 'package.json'), '{ "type": "module" }\n');
if (!existsSync(packages)) symlinkSync(path.join(web, 'node_modules'), packages, 'junction');
