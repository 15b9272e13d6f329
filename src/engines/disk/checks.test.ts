import { expect, test } from "vitest";
import { type DiskFacts, findMissing, findUnsealed } from "./checks.ts";
import { parseListing } from "./debugfs.ts";

const sealed = `debugfs: ls -p /
/50/120777/0/0/vmlinuz/34/
/51/120777/0/0/initrd.img/37/
debugfs: ls -p /etc
/2/040755/0/0/./4096/
/2/040755/0/0/../4096/
/12/100644/0/0/machine-id/0/
/13/100640/0/42/shadow/638/
debugfs: ls -p /etc/ssh
/20/040755/0/0/./4096/
/21/100644/0/0/moduli/592383/
debugfs: ls -p /etc/kimg
/30/100644/0/0/image.json/9000/
debugfs: ls -p /var/log
/40/040755/0/0/apt/4096/
/41/120777/0/0/README/39/
debugfs: ls -p /var/log/journal
/var/log/journal: File not found by ext2_lookup
debugfs: `;

const shadow = "root:*:20089:0:99999:7:::\nsshd:!:20089::::::\n";

/** With one word of the listing or of /etc/shadow replaced. */
const factsWith = (before = "", after = ""): DiskFacts => ({
  listing: parseListing(sealed.replace(before, after)),
  shadow: shadow.replace(before, after),
});

test("a sealed disk gives no complaint", () => {
  expect(findUnsealed(factsWith())).toEqual([]);
  expect(findMissing(factsWith())).toEqual([]);
});

test("a disk without a kernel is no image", () => {
  expect(findMissing(factsWith("vmlinuz", "vmlinux"))).toEqual(["/vmlinuz"]);
  expect(findMissing({ listing: new Map(), shadow })).toEqual(["/vmlinuz", "/initrd.img"]);
});

test.each([
  ["a machine-id", "machine-id/0/", "machine-id/33/", "/etc/machine-id"],
  ["a host key", "100644/0/0/moduli", "100600/0/0/ssh_host_ed25519_key", "/etc/ssh/ssh_host_ed25519_key"],
  ["a seed's file", "image.json", "node.json", "/etc/kimg/node.json"],
  ["a log", "120777/0/0/README", "100644/0/0/dpkg.log", "/var/log/dpkg.log"],
  ["a password", "root:*:", "root:$y$j9T$abc:", "a password of root"],
  ["a user whom anybody can be", "root:*:", "root::", "a password of root"],
])("%s is found", (_what, before, after, complaint) => {
  expect(findUnsealed(factsWith(before, after))).toEqual([complaint]);
});
