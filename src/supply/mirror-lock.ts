// What a mirror says of itself: `mirror.lock` in its folder.
import { join } from "node:path";
import { z } from "zod";
import { DiagnosticError } from "../diagnostic.ts";
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
  /** SHA-256 of the programs beside the packages, by path. */
  programs: z.record(z.string(), z.string()),
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

export const writeMirrorLock = (io: Io, folder: string, lock: MirrorLock): Promise<void> =>
  io.files.write(mirrorLockPath(folder), `${JSON.stringify(lock, undefined, 2)}\n`);
