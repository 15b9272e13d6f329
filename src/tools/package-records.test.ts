import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { parsePackageRecords, recordPackagesHook } from "./package-records.ts";

const digest = "a".repeat(64);

test("reads name, version with epoch, address and digest, sorted by name", () => {
  const records = [
    `'http://deb.debian.org/debian/pool/main/z/zlib/zlib1g_1.3%2breally1-1_amd64.deb' zlib1g_1%3a1.3+really1-1_amd64.deb 88720 SHA256:${digest}`,
    `'http://user:secret@mirror/debian/pool/a/adduser_3.152_all.deb' adduser_3.152_all.deb 190932 SHA256:${digest}`,
    "",
    "W: a warning",
  ].join("\n");
  expect(parsePackageRecords(records)).toEqual([
    {
      kind: "distribution-package",
      name: "adduser",
      version: "3.152",
      source: "http://mirror/debian/pool/a/adduser_3.152_all.deb",
      sha256: digest,
    },
    {
      kind: "distribution-package",
      name: "zlib1g",
      version: "1:1.3+really1-1",
      source: "http://deb.debian.org/debian/pool/main/z/zlib/zlib1g_1.3+really1-1_amd64.deb",
      sha256: digest,
    },
  ]);
});

test("the hook is a line that a shell can read, wherever the file is", () => {
  for (const which of ["installed", "downloaded"] as const) {
    execFileSync("sh", ["-n", "-c", recordPackagesHook(which, "/tmp/it's here/packages")]);
  }
});
