// Files in memory laid over others, so that a test can show a program a folder that does not exist, or a file that cannot be read.
import { posix } from "node:path";
import type { FileStatus, Files } from "../../src/edge/io.ts";

/** Path → content, or the code of the error that reading it gives. */
export type Overlay = ReadonlyMap<string, Uint8Array | { readonly fails: string }>;

const failure = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code, path });

const status = (kind: FileStatus["kind"], size: number): FileStatus => ({
  kind,
  size,
  mode: 0o644,
  modified: new Date(0),
});

/** Names directly below the folder; empty when the overlay has none. */
const namesBelow = (overlay: Overlay, folder: string): ReadonlySet<string> =>
  new Set(
    [...overlay.keys()]
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""),
  );

export const overlayFiles = (base: Files, overlay: Overlay): Files => {
  const read = async (path: string): Promise<Uint8Array> => {
    const found = overlay.get(path);
    if (found === undefined) return base.read(path);
    if ("fails" in found) throw failure(found.fails, path);
    return found;
  };
  return {
    ...base,
    read,
    readText: async (path) => new TextDecoder().decode(await read(path)),
    status: async (path) => {
      const found = overlay.get(posix.normalize(path));
      if (found !== undefined) return status("file", "fails" in found ? 1 : found.length);
      return namesBelow(overlay, path).size > 0 ? status("directory", 0) : base.status(path);
    },
    list: async (path) => {
      const below = (await base.status(path)) === undefined ? [] : await base.list(path);
      return [...new Set([...below, ...namesBelow(overlay, path)])].toSorted();
    },
  };
};
