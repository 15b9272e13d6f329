import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { renderGolden } from "../../tests/support/render-case.ts";
import { withScratch } from "../../tests/support/scratch.ts";
import { DiagnosticError } from "../diagnostic.ts";
import { servedAt } from "../emulator/machine.ts";
import { type PresentedSeed, presentSeed } from "./boot-seed.ts";

interface World {
  /** Path of something in the master's folder, which has every form that there is; of the folder itself when not given. */
  readonly at: (name?: string) => string;
  readonly present: (given: string) => Promise<PresentedSeed>;
  /** What QEMU cannot present is all that is left. */
  readonly leaveOnly: (...names: readonly string[]) => Promise<void>;
}

const golden = renderGolden("datasources");

const world = (use: (world: World) => Promise<void>) => () =>
  withScratch(async ({ io, folder }) => {
    const node = "cp1";
    const tree = [...(await golden)].filter(([path]) => path.startsWith(`${node}/`));
    for (const [path, { bytes }] of tree) await io.files.write(join(folder, path), bytes);
    await use({
      at: (name = "") => join(folder, node, name),
      present: (given) => presentSeed(io, given, join(folder, "scratch")),
      leaveOnly: async (...names) => {
        const all = await io.files.list(join(folder, node));
        await Promise.all(
          all.filter((name) => !names.includes(name)).map((name) => io.files.remove(join(folder, node, name))),
        );
      },
    });
  });

const refusal = async (presenting: Promise<unknown>): Promise<string> => {
  const error = await presenting.catch((thrown: unknown) => thrown);
  if (!(error instanceof DiagnosticError)) throw new Error("was taken");
  return error.diagnostics.map(({ code, message, hint }) => `${code}: ${message}\n${hint ?? ""}`).join("\n");
};

describe("a seed for a machine in QEMU", () => {
  it(
    "is a node's folder: a drive where there is one, else HTTP",
    world(async ({ at, present, leaveOnly }) => {
      expect(await present(at())).toEqual({ seed: at("nocloud.iso") });
      await leaveOnly("files", "nocloud.img", "config-drive", "config-drive.iso", "nocloud-http", "ec2");
      expect(await present(at())).toEqual({ seed: at("nocloud.img") });
      await leaveOnly("files", "config-drive", "config-drive.iso", "nocloud-http", "ec2");
      expect(await present(at())).toEqual({ seed: at("config-drive.iso") });
      await leaveOnly("files", "nocloud-http", "ec2");
      expect(await present(at())).toMatchObject({ served: at("nocloud-http") });
    }),
  );

  it.each(["nocloud.iso", "nocloud.img", "config-drive.iso"])("is %s, as it is", (name) =>
    world(async ({ at, present }) => {
      expect(await present(at(name))).toEqual({ seed: at(name) });
    })(),
  );

  it(
    "is a folder that is served, wherever platform.seedUrl leads to",
    world(async ({ at, present }) => {
      const serial = (await readFile(at("nocloud-http.serial"), "utf8")).trim();
      expect(await present(at("nocloud-http"))).toEqual({
        served: at("nocloud-http"),
        serial: serial.replace(/;s=.*/, `;s=${servedAt}`),
      });
    }),
  );

  it.each(["nocloud", "config-drive"])("is the content of a drive, %s/, of which the same drive is made", (name) =>
    world(async ({ at, present }) => {
      const { seed = "" } = await present(at(name));
      expect(basename(seed)).toBe("seed.iso");
      expect((await readFile(seed)).equals(await readFile(at(`${name}.iso`)))).toBe(true);
    })(),
  );

  it.each(["ec2", "ec2/user-data.gz", "gce", "azure/custom-data", "proxmox", "vmware", "user-data", "openstack"])(
    "is not %s, for its machines have it from a platform",
    (name) =>
      world(async ({ at, present }) => {
        const said = await refusal(present(at(name)));
        expect(said).toContain(
          `boot/no-seed: ${at(name)} is a seed for ${name.split("/")[0]}, which QEMU cannot present`,
        );
        expect(said).toContain("nocloud.iso, nocloud.img, config-drive.iso and nocloud-http/");
      })(),
  );

  it(
    "is no folder of a node that was rendered for platforms only, and nothing that is no seed at all",
    world(async ({ at, present, leaveOnly }) => {
      await leaveOnly("files", "gce", "ec2");
      expect(await refusal(present(at()))).toContain(`${at()} is a seed for ec2, gce, which`);
      expect(await refusal(present(at("files")))).toContain(`boot/no-seed: ${at("files")} is no seed`);
      expect(await refusal(present(at("nothing")))).toContain(`artifact/missing: there is no ${at("nothing")}`);
    }),
  );
});
