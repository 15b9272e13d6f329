import { chmod, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seededWorld } from "../../tests/support/seeded-world.ts";
import { DiagnosticError } from "../diagnostic.ts";
import type { Io } from "../edge/io.ts";
import { startProgress } from "../edge/progress.ts";
import { systemIo } from "../edge/system-io.ts";
import { secretNames } from "./allowed-secrets.ts";
import { parseSecrets, printSecrets } from "./document.ts";
import { decryptText, encryptText, isEncrypted } from "./encryption.ts";
import { createSecretsFile, readSecrets, secretsPath, updateSecretsFile } from "./file.ts";
import { obtainPassphrase } from "./passphrase.ts";
import { generateSecrets, rotateSecrets } from "./secrets.ts";

const secrets = await generateSecrets(seededWorld("file"), "prod");
const io: Io = {
  ...systemIo(startProgress("quiet"), new AbortController().signal),
  environment: {},
};
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kimg-secrets-"));
  path = join(folder, "cluster.secrets.yaml");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const rejection = async (work: Promise<unknown>): Promise<DiagnosticError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DiagnosticError) return error;
  throw new Error(`expected a DiagnosticError, not ${String(error)}`);
};

const expectNoValue = (text: string): void => {
  for (const name of secretNames)
    expect(text).not.toContain(secrets.values[name].split("\n")[1] || secrets.values[name]);
};

describe("the file", () => {
  it("lies beside cluster.yaml", () => {
    expect(secretsPath("a/cluster.yaml")).toBe("a/cluster.secrets.yaml");
    expect(secretsPath("/b/prod.yml")).toBe("/b/prod.secrets.yaml");
  });

  it("is made once, with mode 0600, and read back", async () => {
    await createSecretsFile(io, path, secrets, undefined);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readSecrets(io, path, "prod", {})).secrets).toEqual(secrets);
    const error = await rejection(createSecretsFile(io, path, secrets, undefined));
    expect(error.diagnostics[0]).toMatchObject({ code: "secrets/exists" });
  });

  it("is replaced with mode 0600, even when it was wider", async () => {
    await writeFile(path, printSecrets(secrets), { mode: 0o644 });
    const before = await readSecrets(io, path, "prod", {});
    expect(before.warnings.map((warning) => warning.code)).toEqual(["secrets/open-to-others"]);
    await updateSecretsFile(io, path, before, (now) => now.write(now.secrets));
    expect((await readSecrets(io, path, "prod", {})).warnings).toEqual([]);
  });

  it.each([0o600, 0o400])("of mode %o is private", async (mode) => {
    await writeFile(path, printSecrets(secrets));
    await chmod(path, mode);
    expect((await readSecrets(io, path, "prod", {})).warnings).toEqual([]);
  });

  it("may be a link: what it leads to is judged and written, and the link stays", async () => {
    const target = join(folder, "vault/real.yaml");
    await mkdir(join(folder, "vault"));
    await writeFile(target, printSecrets(secrets), { mode: 0o644 });
    await symlink("vault/real.yaml", path);
    const before = await readSecrets(io, path, "prod", {});
    expect(before.warnings.map((warning) => warning.code)).toEqual(["secrets/open-to-others"]);
    await updateSecretsFile(io, path, before, (now) => now.write(now.secrets, "horse"));
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect(isEncrypted(await readFile(target))).toBe(true);
    const opened = await readSecrets({ ...io, environment: { KIMG_PASSPHRASE: "horse" } }, path, "prod", {});
    expect(opened).toMatchObject({ secrets, warnings: [] });
  });

  it("is changed by one at a time, and each keeps what another has changed", async () => {
    await createSecretsFile(io, path, secrets, undefined);
    const before = await readSecrets(io, path, "prod", {});
    const items = ["worker-token", "master-token", "stats-password"] as const;
    const rotate = (item: (typeof items)[number]): Promise<void> =>
      updateSecretsFile(io, path, before, (now) => now.write(rotateSecrets(io, now.secrets, [item])));
    await Promise.all(items.map(rotate));
    const { values } = (await readSecrets(io, path, "prod", {})).secrets;
    for (const item of items) expect(values[item]).not.toBe(secrets.values[item]);
  });

  it("is not changed when it was encrypted or exchanged meanwhile", async () => {
    const before = { secrets, passphrase: undefined };
    const exchanged = printSecrets(await generateSecrets(seededWorld("another"), "prod"));
    for (const meanwhile of [await encryptText(printSecrets(secrets), "horse", 2), exchanged]) {
      await writeFile(path, meanwhile);
      const use = vi.fn<() => Promise<void>>();
      const error = await rejection(updateSecretsFile(io, path, before, use));
      expect(error.diagnostics[0]).toMatchObject({ code: "secrets/changed" });
      expect(use).not.toHaveBeenCalled();
      expect(await readFile(path, "utf8")).toBe(meanwhile);
    }
  });

  it("that is missing names the command that makes it", async () => {
    const error = await rejection(readSecrets(io, path, "prod", {}));
    expect(error.diagnostics[0]).toMatchObject({
      code: "secrets/missing",
      hint: expect.stringContaining("kimg secrets") as string,
    });
  });

  it("of another cluster is refused", async () => {
    await createSecretsFile(io, path, secrets, undefined);
    const error = await rejection(readSecrets(io, path, "staging", {}));
    expect(error.diagnostics[0]).toMatchObject({ code: "secrets/other-cluster" });
  });
});

const read = (text: string): Promise<DiagnosticError> =>
  rejection(Promise.resolve().then(() => parseSecrets(text, "x.yaml")));

const replaceValue = (name: string, value: string): string =>
  printSecrets({ ...secrets, values: { ...secrets.values, [name]: value } });

describe("a damaged file", () => {
  it.each(secretNames)("names %s and quotes nothing", async (name) => {
    const error = await read(replaceValue(name, "not it"));
    expect(error.message).toContain(name);
    expectNoValue(JSON.stringify(error.diagnostics));
  });

  it("finds a key of another certificate", async () => {
    const error = await read(replaceValue("ca.key", secrets.values["etcd-ca.key"]));
    expect(error.message).toBe("x.yaml: values.ca.key does not belong to values.ca.crt");
  });

  it("that is no YAML gives the line without its text", async () => {
    const error = await read(`${printSecrets(secrets)}\tx: [\n`);
    expect(error.message).toMatch(/line \d+ is not valid YAML/);
    expectNoValue(JSON.stringify(error.diagnostics) + String(error.stack));
  });

  it("has no aliases, which could lead anywhere", async () => {
    const text = printSecrets(secrets).replace(/stats-password: .*/, "stats-password: *x");
    expect((await read(text)).message).toBe("x.yaml: has an alias (`*name`): kimg reads values where they are");
  });

  it.each(["", "[]", "version: 2", "version: 1", "version: 1\ncluster: prod\nvalues: []"])(
    "%j is refused",
    async (text) => {
      expect((await read(text)).diagnostics[0]).toMatchObject({ code: "secrets/invalid" });
    },
  );
});

describe("a passphrase", () => {
  const quick = 10;

  it("encrypts in age's format and opens it again", async () => {
    const encrypted = await encryptText(printSecrets(secrets), "correct horse", quick);
    expect(encrypted).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    expect(isEncrypted(Buffer.from(encrypted))).toBe(true);
    expect(isEncrypted(Buffer.from(printSecrets(secrets)))).toBe(false);
    await writeFile(path, encrypted, { mode: 0o600 });
    const opened = await readSecrets({ ...io, environment: { KIMG_PASSPHRASE: "correct horse" } }, path, "prod", {});
    expect(opened).toMatchObject({ secrets, passphrase: "correct horse" });
  });

  it("that is wrong is said so, and nothing else", async () => {
    const encrypted = Buffer.from(await encryptText("text", "right", quick));
    const error = await rejection(decryptText(encrypted, "wrong", "x.yaml"));
    expect(error.diagnostics[0]).toMatchObject({
      code: "secrets/cannot-decrypt",
      message: "x.yaml cannot be decrypted",
    });
  });

  it("comes from the file first, then from the environment, then from a person", async () => {
    const file = join(folder, "passphrase");
    await writeFile(file, "from file\nsecond line\n");
    const asking = { askHidden: (): Promise<string> => Promise.resolve("from person") };
    const environment = { KIMG_PASSPHRASE: "from environment" };
    expect(await obtainPassphrase({ ...io, environment }, { ...asking, passphraseFile: file }, "decrypt")).toBe(
      "from file",
    );
    expect(await obtainPassphrase({ ...io, environment }, asking, "decrypt")).toBe("from environment");
    expect(await obtainPassphrase(io, asking, "decrypt")).toBe("from person");
  });

  it("is asked twice when it is new, and must be the same", async () => {
    const answers = ["one", "two"];
    const askHidden = (): Promise<string> => Promise.resolve(answers.shift() ?? "");
    await expect(obtainPassphrase(io, { askHidden }, "encrypt")).rejects.toThrow("differ");
  });

  it("is never empty, and without a source the ways to give it are named", async () => {
    await expect(obtainPassphrase({ ...io, environment: { KIMG_PASSPHRASE: "" } }, {}, "decrypt")).rejects.toThrow(
      "empty",
    );
    const error = await rejection(obtainPassphrase(io, {}, "encrypt"));
    expect(error.diagnostics[0]?.hint).toContain("KIMG_PASSPHRASE");
  });
});
