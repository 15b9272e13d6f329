// A host with the emulator's tools in its cache already, and a QEMU of the test's own in place of theirs.
import type { Command, Io } from "../../src/edge/io.ts";

/** Not on any machine: what lies below it is taken for present and empty. */
const cache = "/kimg-test-cache-that-is-not-there";

/** `run` gives what the program says on standard output. */
export const emulatorHost = (io: Io, run: (command: Command) => Promise<string>): Io => ({
  ...io,
  environment: { KIMG_CACHE: cache },
  files: {
    ...io.files,
    status: (path) =>
      path.startsWith(cache) || path === "/dev/kvm"
        ? Promise.resolve({ kind: "directory", size: 0, mode: 0o755, modified: new Date(0) })
        : io.files.status(path),
    touch: async () => {},
    readText: (path) => (path.startsWith(cache) ? Promise.resolve("[]") : io.files.readText(path)),
  },
  processes: { ...io.processes, run: async (command) => ({ code: 0, stdout: await run(command), stderr: "" }) },
});
