// What a mirror says of itself: `mirror.lock` in its folder.
import { join } from "node:path";
import { z } from "zod";
import { DiagnosticError, ToolError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import type { Architecture, LockEntry } from "../model.ts";

const entry = z.object({
  kind: z.enum(["package", "container-image", "distribution-package"] satisfies LockEntry["kind"][]),
  name: z.string(),
  version: z.string(),
  source: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const mirrorLock = z.object({
  version: z.literal(1),
  kubernetes: z.string(),
  architecture: z.enum(["amd64", "arm64"] satisfies Architecture[]),
  /** SHA-256 of what is neither a package nor an image, by path: indexes and programs. */
  files: z.record(z.string(), z.string()),
  entries: z.array(entry),
});

export type MirrorLock = z.infer<typeof mirrorLock>;

const mirrorLockPath = (folder: string): string => join(folder, "mirror.lock");

const refuse = (message: string): DiagnosticError =>
  new DiagnosticError([
    {
      severity: "error",
      code: "mirror/not-a-mirror",
      message,
      hint: "`kimg mirror create DIR` makes a mirror; `--mirror DIR` or `kubernetes.mirror` names it",
    },
  ]);

const parseLock = (text: string, path: string): MirrorLock => {
  try {
    return mirrorLock.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : "it is not JSON";
    throw refuse(`${path} is no mirror's lock: ${reason}`);
  }
};

/** Rejects with DiagnosticError when the folder is no mirror. */
export const readMirrorLock = async (io: Io, folder: string): Promise<MirrorLock> => {
  const path = mirrorLockPath(folder);
  if ((await io.files.status(path))?.kind !== "file") throw refuse(`${folder} is not a mirror: it has no mirror.lock`);
  return parseLock(await io.files.readText(path), path);
};

/** Rejects with ToolError when the file is not what the mirror's lock says. `origin` is where it was copied from. */
export const checkDigest = async (io: Io, path: string, expected: string | undefined, origin = path): Promise<void> => {
  const { sha256 } = await io.files.sha256(path);
  if (sha256 === expected) return;
  const tail = `expected sha256 ${expected}\nbut it has    ${sha256}`;
  throw new ToolError(`checking ${origin}`, { tail, hint: "the mirror was changed: make it again" });
};

export const writeMirrorLock = (io: Io, folder: string, lock: MirrorLock): Promise<void> =>
  io.files.write(mirrorLockPath(folder), `${JSON.stringify(lock, undefined, 2)}\n`);
