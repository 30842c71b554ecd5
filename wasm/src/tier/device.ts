// What the module asks of a device.

/** Works on wasm memory itself. Throws if it fails. */
export interface Device {
  readonly size: number;
  read(bytes: Uint8Array, at: number): void;
  write(bytes: Uint8Array, at: number): void;
  close(): void;
}
