import { expect, test } from "vitest";
import { builders } from "./builders/index.ts";
import { builderSupplyOf, inheritedNames, parseVersion } from "./program.ts";
import { plainWords } from "./run.ts";

test.each([
  ["Packer v1.6.6\n", "1.6.6"],
  ["Packer v1.15.0\n\nYour version of Packer is out of date!", "1.15.0"],
  ["0 0\n", undefined],
])("%j is version %s", (output, version) => {
  expect(parseVersion(output)).toBe(version);
});

test.each([
  ["1.5.6", undefined],
  ["1.6.5", undefined],
  ["1.6.6", "bundled"],
  ["1.7.0", "plugins"],
  ["1.10.0", "plugins"],
  ["2", "plugins"],
])("Packer %s has its builders as %s", (version, supply) => {
  expect(builderSupplyOf(version)).toBe(supply);
});

test("Packer sees its own variables and the builder's, and no others", () => {
  const amazon = builders.find(({ name }) => name === "amazon-ebs");
  if (amazon === undefined) throw new Error("no builder amazon-ebs");
  const environment = { AWS_PROFILE: "p", PKR_VAR_x: "1", OS_PASSWORD: "s", KIMG_PASSPHRASE: "s", https_proxy: "u" };
  expect(inheritedNames(environment, amazon)).toEqual(["AWS_PROFILE", "PKR_VAR_x", "https_proxy"]);
});

test.each([
  ["==> worker.qemu.kimg: Waiting for SSH to become available...", "Waiting for SSH to become available..."],
  ["    worker.qemu.kimg: Get:1 http://deb.debian.org", "Get:1 http://deb.debian.org"],
  ["\u001B[1;32mqemu.kimg: output will be in this color.\u001B[0m", "output will be in this color."],
  ["Build 'worker.qemu.kimg' errored: x", "Build 'worker.qemu.kimg' errored: x"],
  ["==> qemu.kimg: ", ""],
])("%j is said as %j", (line, plain) => {
  expect(plainWords(line)).toBe(plain);
});
