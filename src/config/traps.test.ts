import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { trapOf } from "./traps.ts";

const ambiguous =
  "yes Yes YES no on Off 0777 0644 00 -012 089 12:30:45 1:20 22:22 +1:0 1_000 0x1_F 0b101 1.30 1.0 -2.50 12345678901234567890".split(
    " ",
  );

const clear = [
  "",
  ..."y n true false null ~ 0 7 -7 1.5 1e3 0x1F 0o17 hello on-call v1.30 1.2.3 10.0.0.1 fd00::1 ::1 60:99".split(" "),
  ..."00:11:22 08:00:27:aa:bb:cc a_b 2027-01-01 10Mi".split(" "),
];

it.each(ambiguous)("%s is ambiguous", (text) => {
  const trap = trapOf(text);
  expect(trap?.message.startsWith(text)).toBe(true);
  expect(trap?.hint).not.toBe("");
});

it.each(clear)("%j is not", (text) => {
  expect(trapOf(text)).toBeUndefined();
});

const withPyYaml = (texts: readonly string[]): readonly string[] | undefined => {
  const program =
    "import json,sys,yaml\nprint(json.dumps([json.dumps(yaml.safe_load(t), default=str) for t in json.load(sys.stdin)]))";
  try {
    return JSON.parse(
      execFileSync("python3", ["-c", program], { input: JSON.stringify(texts), encoding: "utf8" }),
    ) as string[];
  } catch {
    return undefined;
  }
};

const theirs = withPyYaml([...ambiguous, ...clear]);

// PyYAML is what reads the cloud-config on the node. Where the machine has it, the lists above are held against it.
it.skipIf(theirs === undefined)("knows every plain scalar of these that PyYAML reads differently", () => {
  const missed = clear.filter((text, index) => {
    const ours: unknown = parse(text);
    const read: unknown = JSON.parse(theirs?.[ambiguous.length + index] ?? "null");
    // Kept as text, and quoted when written: dates. Written as what they are, in a form that both read: 1e3, 0o17.
    return !/^\d{4}-|^1e3$|^0o17$/.test(text) && JSON.stringify(ours) !== JSON.stringify(read);
  });
  expect(missed).toEqual([]);
});
