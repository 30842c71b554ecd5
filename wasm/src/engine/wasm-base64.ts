/** The module; scripts/build.mjs puts it here. */
export const wasmBase64: string = '';
