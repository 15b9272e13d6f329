import { expect, test } from "vitest";
import { parseListing } from "./debugfs.ts";

const output = `debugfs: ls -p /
/2/040755/0/0/.//
/2/040755/0/0/..//
/12/100644/0/0/a name/5/
/13/120777/0/0/link/3/
/14/040700/101/102/folder//
/15/020600/0/5/tty/0/
/16/104755/0/0/sudo/277936/
debugfs: ls -p "/with a ""quote"""
/20/100600/0/0/inside/1/
debugfs: ls -p /nowhere
/nowhere: File not found by ext2_lookup
debugfs: `;

test("names, kinds, owners and permissions of what is in a folder", () => {
  const [root = []] = [parseListing(output).get("/")];
  expect(root).toEqual([
    { name: "a name", kind: "file", mode: 0o644, user: 0, group: 0, size: 5 },
    { name: "link", kind: "link", mode: 0o777, user: 0, group: 0, size: 3 },
    { name: "folder", kind: "folder", mode: 0o700, user: 101, group: 102, size: 0 },
    { name: "tty", kind: "other", mode: 0o600, user: 0, group: 5, size: 0 },
    { name: "sudo", kind: "file", mode: 0o4755, user: 0, group: 0, size: 277_936 },
  ]);
});

test("folders by their own names, and none that is not there", () => {
  expect([...parseListing(output).keys()]).toEqual(["/", '/with a "quote"']);
});
