import { describe, expect, it } from "vitest";
import { testOnlySecrets } from "../../tests/support/render-case.ts";
import { secretNames } from "../secrets/allowed-secrets.ts";
import { openToAll } from "./leak-check.ts";
import { redaction } from "./redaction.ts";
import { partsOf } from "./secret-search.ts";

const secrets = await testOnlySecrets("x");
const { values } = secrets;
const { redact, redactBefore } = redaction(secrets);

describe("redaction", () => {
  it.each(secretNames.filter((name) => !openToAll.has(name)))(
    "hides %s, plain and in base64, line for line",
    (name) => {
      const text = `before\n${values[name]}\nafter ${Buffer.from(`x${values[name]}`).toString("base64")}\n`;
      const hidden = redact(text);
      expect(hidden.split("\n")).toHaveLength(text.split("\n").length);
      for (const part of partsOf(values[name])) expect(hidden).not.toContain(part);
      expect(hidden).toMatch(/^before\n[^]*after /);
    },
  );

  it("hides a private key to its last line, whoever's it is", () => {
    const lines = [
      "x:",
      "  -----BEGIN EC PRIVATE KEY-----",
      "  MHcCAQEE+abc",
      "  pQ==",
      "  -----END EC PRIVATE KEY-----",
      "y",
    ];
    const [first, begin, , , end, last] = lines;
    expect(redact(lines.join("\n")).split("\n")).toEqual([
      first,
      begin,
      "  (private key)",
      "  (private key)",
      end,
      last,
    ]);
  });

  it("leaves digests and words", () => {
    const text = `sha256:${"0a".repeat(32)} /etc/kubernetes/encryption/configuration.yaml`;
    expect(redact(text)).toBe(text);
  });

  it("hides what was there before: by its looks, and by its place", () => {
    expect(redact("token: abcdef.0123456789abcdef")).toBe("token: (token)");
    const now = `  auth_pass ${values["vrrp-password"]}\n  state BACKUP\n`;
    expect(redactBefore("  auth_pass formerly\n  state MASTER\n", now)).toBe("  auth_pass (secret)\n  state MASTER\n");
  });
});
