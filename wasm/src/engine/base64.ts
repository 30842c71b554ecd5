// A module that lies in the code.

export function compileBase64(base64: string): Promise<WebAssembly.Module> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = characters.charCodeAt(i);
  return WebAssembly.compile(bytes);
}
