import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";
import { expect, it } from "vitest";
import { withScratch } from "../../tests/support/scratch.ts";
import { readTarRoot } from "./tar-root.ts";

const status = `Package: bash
Status: install ok installed
Version: 5.2-1
Description: a shell
 Version: of a shell

Package: gone
Status: deinstall ok config-files
Version: 1

Package: apt
Status: install ok installed
Version: 3.0.3
`;

it("reads packages, the system's name, kimg's description and every file", () =>
  withScratch(async ({ io, folder }) => {
    const path = join(folder, "root.tar");
    const archive = pack();
    const made = pipeline(archive, createWriteStream(path));
    archive.entry({ name: "./etc/", type: "directory", mode: 0o755 });
    archive.entry({ name: "./etc/kimg/image.json", mode: 0o644 }, JSON.stringify({ role: "worker", components: {} }));
    archive.entry({ name: "usr/lib/os-release" }, 'NAME=x\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n');
    archive.entry({ name: "var/lib/dpkg/status" }, status);
    archive.entry({ name: "usr/bin/sudo", mode: 0o4755, uid: 0, gid: 27 }, "program");
    archive.entry({ name: "usr/bin/again", type: "link", linkname: "usr/bin/sudo" });
    archive.entry({ name: "bin", type: "symlink", linkname: "usr/bin" });
    archive.finalize();
    await made;
    const root = await readTarRoot(io, path);
    expect(root).toMatchObject({ os: "Debian GNU/Linux 13 (trixie)", image: { role: "worker" } });
    expect(root.packages).toEqual({ apt: "3.0.3", bash: "5.2-1" });
    const sudo = { kind: "file", mode: 0o4755, owner: "0:27", size: 7 };
    const sha256 = createHash("sha256").update("program").digest("hex");
    expect(root.files.get("/usr/bin/sudo")).toEqual({ ...sudo, sha256 });
    expect(root.files.get("/usr/bin/again")).toEqual({ ...sudo, sha256 });
    expect(root.files.get("/bin")).toMatchObject({ kind: "link", target: "usr/bin" });
    expect(root.files.get("/etc")).toMatchObject({ kind: "folder", mode: 0o755 });
  }));

it("says that an archive is damaged", () =>
  withScratch(async ({ io, folder }) => {
    await io.files.write(join(folder, "bad.tar"), Buffer.alloc(2048, "x"));
    await expect(readTarRoot(io, join(folder, "bad.tar"))).rejects.toThrow(/is damaged: .*header/i);
  }));
