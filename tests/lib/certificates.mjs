// Certificates for a test, made with the openssl command in a folder that goes with the process.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const opensslPath = ['/usr/bin/openssl', '/usr/local/bin/openssl'].find(existsSync) ?? null;
/** For `test(name, { skip: needOpenssl }, ...)`. */
export const needOpenssl = opensslPath ? false : 'no openssl here';

/** An authority, and what it signs. */
export class Certificates {
  constructor() {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'isocached-tls-'));
    process.on('exit', () => rmSync(this.folder, { recursive: true, force: true }));
    this.authority = this.#make('ca', [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=keyCertSign',
    ]);
  }

  /** Path of a file in the folder. */
  file(name) {
    return path.join(this.folder, name);
  }

  /** {cert, key}, paths, of a certificate for localhost and 127.0.0.1. */
  issue(name) {
    return this.#make(name, [
      '-CA',
      this.authority.cert,
      '-CAkey',
      this.authority.key,
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-addext',
      'basicConstraints=CA:FALSE',
    ]);
  }

  /** The arguments of a server that uses `pair` (of issue()), and other words of -o. */
  serverArgs(pair, ...words) {
    return ['-Z', '-o', [`ssl_chain_cert=${pair.cert}`, `ssl_key=${pair.key}`, ...words].join(',')];
  }

  /** The options of tls.connect() for a client that trusts the authority, with a certificate of its own or none. */
  clientOptions(pair, more = {}) {
    const own = pair ? { cert: readFileSync(pair.cert), key: readFileSync(pair.key) } : {};
    return { ca: readFileSync(this.authority.cert), ...own, ...more };
  }

  /** Puts the files of `from` where those of `to` are. */
  static replace(to, from) {
    copyFileSync(from.cert, to.cert);
    copyFileSync(from.key, to.key);
  }

  #make(name, args) {
    const pair = { cert: this.file(`${name}.pem`), key: this.file(`${name}.key`) };
    execFileSync(
      opensslPath,
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        pair.key,
        '-out',
        pair.cert,
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
        ...args,
      ],
      { stdio: 'pipe' },
    );
    return pair;
  }
}
