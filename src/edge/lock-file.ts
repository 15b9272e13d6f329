// A lock between processes that share a folder. Node has no flock, so the lock is held by util-linux's `flock`, which waits for it
// and keeps it while its standard input is open: the kernel gives it up when either process ends, however it ends.
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { ToolError } from "../diagnostic.ts";

const heldByAnother = 75;

/** Tries once, or waits; resolves to a release function, or undefined when another process holds the lock. */
const hold = (path: string, options: readonly string[]): Promise<(() => Promise<void>) | undefined> =>
  new Promise((resolve, reject) => {
    const child = spawn("flock", [...options, path, "sh", "-c", "echo held; exec cat"], {
      stdio: ["pipe", "pipe", "inherit"],
      detached: true,
    });
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    child.once("error", (cause) =>
      reject(new ToolError(`locking ${path}`, { cause, hint: "`flock` comes with util-linux" })),
    );
    child.once("close", (code) =>
      code === heldByAnother
        ? resolve(undefined)
        : reject(new ToolError(`locking ${path}`, { tail: `flock ended with ${code}` })),
    );
    child.stdout.once("data", () => {
      // The lock must not keep this process alive: when all else is done, it ends and the lock goes with it.
      child.unref();
      resolve(async () => {
        child.ref();
        child.stdin.end();
        await ended;
      });
    });
  });

export const lockFile = async (path: string, onWait: () => void): Promise<() => Promise<void>> => {
  await mkdir(dirname(path), { recursive: true });
  const atOnce = await hold(path, ["--nonblock", "--conflict-exit-code", String(heldByAnother)]);
  if (atOnce !== undefined) return atOnce;
  onWait();
  const later = await hold(path, []);
  if (later === undefined) throw new ToolError(`locking ${path}`);
  return later;
};
