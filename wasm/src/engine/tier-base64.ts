/** The module; scripts/build.mjs puts it here. */
export const tierBase64: string = '';
