import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withScratch, type Scratch } from "../../tests/support/scratch.ts";
import { DiagnosticError, UsageError } from "../diagnostic.ts";
import { secretNames } from "../secrets/allowed-secrets.ts";
import { parseSecrets } from "../secrets/document.ts";
import { decryptText, encryptText } from "../secrets/encryption.ts";
import { render, renderDifferences } from "./render.ts";
import { secrets } from "./secrets.ts";

const text = (workers: number): string =>
  `version: 1\nname: prod\nnetwork: { nodes: 10.0.0.0/24 }\nnodes:\n  - { name: cp1, role: master-init, address: 10.0.0.2 }\n${Array.from(
    { length: workers },
    (_, index) => `  - { name: w${index}, role: worker }\n`,
  ).join("")}`;

interface World extends Scratch {
  readonly cluster: string;
  readonly file: string;
  readonly common: { readonly cluster: string; readonly libraries: readonly string[] };
}

const world = (use: (world: World) => Promise<void>) => () =>
  withScratch(async (scratch) => {
    const cluster = join(scratch.folder, "cluster.yaml");
    await writeFile(cluster, text(2));
    const io = { ...scratch.io, environment: {} };
    await use({
      ...scratch,
      io,
      cluster,
      file: join(scratch.folder, "cluster.secrets.yaml"),
      common: { cluster, libraries: [] },
    });
  });

const codes = async (work: Promise<unknown>): Promise<readonly string[]> => {
  const error = await work.catch((reason: unknown) => reason);
  if (!(error instanceof DiagnosticError)) throw new Error(`expected a DiagnosticError, not ${String(error)}`);
  return error.diagnostics.map(({ code }) => code);
};

describe("kimg secrets", () => {
  it(
    "makes the file once, and says no value",
    world(async ({ io, common, file }) => {
      const said = await secrets(io, common);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const made = parseSecrets(await readFile(file, "utf8"), file);
      expect(made.cluster).toBe("prod");
      for (const name of secretNames) expect(said).not.toContain(made.values[name]);
      expect(await codes(secrets(io, common))).toEqual(["secrets/exists"]);
      expect(parseSecrets(await readFile(file, "utf8"), file)).toEqual(made);
    }),
  );

  it(
    "makes one item anew and keeps the rest",
    world(async ({ io, common, file }) => {
      await secrets(io, common);
      const before = parseSecrets(await readFile(file, "utf8"), file).values;
      expect(await secrets(io, { ...common, rotate: "worker-token" })).toContain("worker-token");
      const after = parseSecrets(await readFile(file, "utf8"), file).values;
      expect(secretNames.filter((name) => after[name] !== before[name])).toEqual(["worker-token"]);
      expect(await codes(secrets(io, { ...common, rotate: "ca.key" }))).toEqual(["secrets/cannot-rotate"]);
      expect(await codes(secrets(io, { ...common, rotate: "tokn" }))).toEqual(["secrets/cannot-rotate"]);
      await expect(secrets(io, { ...common, rotate: "token", encrypt: true })).rejects.toThrow(UsageError);
    }),
  );

  it(
    "gives programs what it has done",
    world(async ({ io, common, file }) => {
      const ask = async (more: object): Promise<unknown> =>
        JSON.parse(await secrets(io, { ...common, ...more, json: true })) as unknown;
      const ca = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string;
      expect(await ask({})).toEqual({ file, cluster: "prod", encrypted: false, ca, warnings: [] });
      await chmod(file, 0o644);
      expect(await ask({ rotate: "worker-token" })).toMatchObject({
        ...{ file, rotated: ["worker-token"] },
        warnings: [{ code: "secrets/open-to-others" }],
      });
    }),
  );

  it(
    "puts what is there under a passphrase",
    { timeout: 60_000 },
    world(async ({ io, common, file }) => {
      await secrets(io, common);
      const before = await readFile(file, "utf8");
      const encrypting = { ...io, environment: { KIMG_PASSPHRASE: "a long enough one" } };
      expect(await secrets(encrypting, { ...common, encrypt: true })).toContain("encrypted");
      expect(await decryptText(await readFile(file), "a long enough one", file)).toBe(before);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }),
  );

  it(
    "leaves an encrypted file encrypted when it makes an item anew",
    { timeout: 60_000 },
    world(async ({ io, common, file }) => {
      await secrets(io, common);
      await writeFile(file, await encryptText(await readFile(file, "utf8"), "short", 10));
      expect(await codes(secrets(io, { ...common, rotate: "token" }))).toEqual(["secrets/no-passphrase"]);
      await secrets({ ...io, environment: { KIMG_PASSPHRASE: "short" } }, { ...common, rotate: "token" });
      expect(await readFile(file, "utf8")).toMatch(/^-----BEGIN AGE/);
    }),
  );

  it(
    "writes where it is told to",
    world(async ({ io, common, folder }) => {
      await secrets(io, { ...common, output: join(folder, "elsewhere/trust.yaml") });
      await secrets(io, common);
      const another = { ...common, output: join(folder, "another.yaml"), encrypt: true };
      expect(await codes(secrets(io, another))).toEqual(["secrets/exists"]);
      expect((await readdir(join(folder, "elsewhere"))).toSorted()).toEqual(["trust.yaml"]);
    }),
  );
});

describe("kimg render", () => {
  it(
    "writes a folder a node, and the second time nothing",
    world(async ({ io, common, folder }) => {
      await secrets(io, common);
      const options = { ...common, output: join(folder, "build") };
      expect(await render(io, options)).toContain("files written");
      expect((await readdir(join(folder, "build/prod"))).toSorted()).toEqual([
        ".kimg-render.json",
        "cluster.resolved.yaml",
        "cp1",
        "w0",
        "w1",
      ]);
      expect(await render(io, options)).toContain("nothing changed");
    }),
  );

  it(
    "removes the nodes that are no more",
    world(async ({ io, common, cluster, folder }) => {
      await secrets(io, common);
      const options = { ...common, output: join(folder, "build") };
      await render(io, options);
      await writeFile(cluster, text(1));
      expect(await render(io, options)).toMatch(/[1-9]\d* removed/);
      expect((await readdir(join(folder, "build/prod"))).toSorted()).toEqual([
        ".kimg-render.json",
        "cluster.resolved.yaml",
        "cp1",
        "w0",
      ]);
    }),
  );

  it(
    "writes nothing without the cluster's trust, and names the command that makes it",
    world(async ({ io, common, folder }) => {
      expect(await codes(render(io, { ...common, output: join(folder, "build") }))).toEqual(["secrets/missing"]);
      expect(await readdir(folder)).not.toContain("build");
    }),
  );

  it(
    "warns of a secrets file that others may read",
    world(async ({ io, common, file, folder }) => {
      await secrets(io, common);
      await chmod(file, 0o644);
      expect(await render(io, { ...common, output: join(folder, "build") })).toContain("secrets/open-to-others");
    }),
  );

  it(
    "renders for the datasources that it is told, and checks what they need",
    world(async ({ io, common, folder }) => {
      await secrets(io, common);
      const options = { ...common, output: join(folder, "build") };
      await render(io, { ...options, datasources: ["ec2", "hetzner"] });
      expect(await readdir(join(folder, "build/prod/w0"))).toEqual(["ec2", "files", "hetzner"]);
      expect(await codes(render(io, { ...options, datasources: ["nocloud-http"] }))).toContain("platform/no-seed-url");
      expect(await render(io, options)).toMatch(/[1-9]\d* removed/);
      expect(await readdir(join(folder, "build/prod/w0"))).toEqual(["files", "nocloud", "nocloud.iso"]);
    }),
  );

  it(
    "says which forms of an earlier call it removes, and leaves what somebody has put beside them",
    world(async ({ io, common, folder }) => {
      await secrets(io, common);
      const options = { ...common, output: join(folder, "build") };
      const node = join(folder, "build/prod/w0");
      await render(io, options);
      await writeFile(join(node, "nocloud/notes"), "mine");
      await writeFile(join(node, "nocloud/user-data"), "changed by me");
      const said = await render(io, { ...options, datasources: ["vultr"] });
      expect(said).toMatch(/ files written, 11 removed\)$/m);
      const forms = "nocloud (8), nocloud.iso (3)";
      expect(said).toContain(`\nremoved, since an earlier call made them and this one does not: ${forms}\n`);
      expect(said).toContain(`\nleft alone, since it was changed by hand: ${node}/nocloud/user-data`);
      expect(await readdir(join(node, "nocloud"))).toEqual(["notes", "user-data"]);
      expect(await readFile(join(node, "nocloud/user-data"), "utf8")).toBe("changed by me");
      // Nor does it come back over it.
      expect(await codes(render(io, options))).toEqual(["render/not-ours"]);
      await rm(join(node, "nocloud/user-data"));
      const { removed } = JSON.parse(await render(io, { ...options, json: true })) as { readonly removed: unknown };
      expect(removed).toEqual(["cp1", "w0", "w1"].map((name) => `${name}/vultr/user-data`));
      expect(await readFile(join(node, "nocloud/notes"), "utf8")).toBe("mine");
    }),
  );

  it(
    "renders one node and leaves the others",
    world(async ({ io, common, folder }) => {
      await secrets(io, common);
      const options = { ...common, output: join(folder, "build") };
      await render(io, options);
      const before = await readFile(join(folder, "build/prod/w1/nocloud/meta-data"), "utf8");
      await secrets(io, { ...common, rotate: "worker-token" });
      const said = await render(io, { ...options, nodes: ["w0"] });
      expect(said).toMatch(/seeds of w0 \([1-9] files written, 0 removed\)/);
      expect(said).not.toContain("not-sealed");
      expect(await readFile(join(folder, "build/prod/w1/nocloud/meta-data"), "utf8")).toBe(before);
      expect(await render(io, options)).toMatch(/[1-9]\d* files written/);
      expect(await codes(render(io, { ...options, nodes: ["w9"] }))).toEqual(["node/unknown"]);
    }),
  );

  it(
    "says what would change without a secret, old or new, and writes nothing",
    world(async ({ io, common, folder, file, cluster }) => {
      const options = { ...common, output: join(folder, "build") };
      await secrets(io, common);
      const all = (await renderDifferences(io, options)).text;
      expect(all).toMatch(/^new {6}cluster\.resolved\.yaml /m);
      expect(all).toMatch(/\d+ new, 0 changed, 0 removed, nothing written$/);
      expect(await readdir(folder)).not.toContain("build");
      await mkdir(join(folder, "build/prod/w0"), { recursive: true });
      await writeFile(join(folder, "build/prod/w0/nocloud.iso"), "somebody's\n");
      const refusing = (await renderDifferences(io, options)).text;
      expect(refusing).toMatch(/^in the way: .*w0\/nocloud\.iso$/m);
      expect(refusing).not.toContain("somebody's");
      await rm(join(folder, "build"), { recursive: true });
      await render(io, options);
      expect(await renderDifferences(io, options)).toMatchObject({
        ...{ text: expect.stringContaining("nothing would change"), same: true },
      });
      expect(JSON.parse(await render(io, { ...options, json: true }))).toMatchObject({ written: 0, removed: [] });
      const old = parseSecrets(await readFile(file, "utf8"), file).values;
      await secrets(io, { ...common, rotate: "token" });
      await writeFile(cluster, `${text(1)}kubelet: { maxPods: 99 }\n`);
      const said = (await renderDifferences(io, options)).text;
      expect(said).toContain("  + maxPods: 99");
      expect(said).toMatch(/^removed {2}w1\/nocloud\.iso$/m);
      expect(said).toMatch(/^ {2}- {3}token: \(.+\)$/m);
      const now = parseSecrets(await readFile(file, "utf8"), file).values;
      for (const name of secretNames.filter((each) => !each.endsWith(".crt") && each !== "sa.pub")) {
        for (const { [name]: value } of [old, now]) expect(said).not.toContain(value.split("\n")[1] ?? value);
      }
      const parsed = JSON.parse((await renderDifferences(io, { ...options, json: true })).text) as {
        readonly removed: readonly string[];
      };
      expect(parsed.removed).toContain("w1/nocloud.iso");
    }),
  );
});
