import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emulatorHost } from "../../tests/support/emulator-host.ts";
import { type Scratch, withScratch } from "../../tests/support/scratch.ts";
import { UsageError } from "../diagnostic.ts";
import type { Command } from "../edge/io.ts";
import { readIso9660 } from "../render/iso9660-reader.ts";
import { boot, type BootCommandOptions } from "./boot.ts";

interface World extends Scratch {
  readonly image: string;
  /** What QEMU was asked to do. */
  readonly commands: readonly Command[];
  readonly notes: readonly string[];
  /** A machine that says its lines and switches itself off; `whileOn` looks at it. */
  readonly run: (
    lines: readonly string[],
    more?: Partial<BootCommandOptions>,
    whileOn?: (command: Command) => Promise<void>,
  ) => ReturnType<typeof boot>;
}

const common = { firmware: "bios", accel: "emulation", memory: "2G", cpus: 2, forward: [], json: false } as const;

const world = (use: (world: World) => Promise<void>) => () =>
  withScratch(async (scratch) => {
    const image = join(scratch.folder, "a.qcow2");
    await writeFile(image, Buffer.concat([Buffer.from("QFI\xfb", "latin1"), Buffer.alloc(1024)]));
    const commands: Command[] = [];
    const notes: string[] = [];
    const progress = { ...scratch.io.progress, note: (text: string) => void notes.push(text) };
    const run: World["run"] = (lines, more = {}, whileOn = async () => {}) => {
      const io = emulatorHost(scratch.io, async (command) => {
        commands.push(command);
        for (const line of lines) command.onLine?.(line);
        await whileOn(command);
        return "";
      });
      return boot({ ...io, progress }, { ...common, image, ...more });
    };
    await use({ ...scratch, image, commands, notes, run });
  });

const refusal = (running: Promise<unknown>): Promise<unknown> => running.catch((error: unknown) => error);

describe("kimg boot", () => {
  it(
    "says what was reached and when, and that the machine is off",
    world(async ({ run, notes }) => {
      const { text, reached } = await run(["[    0.0] Linux version 6.12", "kimg: w1 (worker) of cluster prod"]);
      expect(reached).toBe(true);
      expect(text).toMatch(/^the machine has switched itself off\n +0\.\d s +kernel\n +0\.\d s +agent$/);
      expect(notes.map((note) => note.trim().split(/\s+/)[2])).toEqual(["kernel:", "agent:"]);
    }),
  );

  it(
    "fails when what was waited for did not come, with the console's end",
    world(async ({ run }) => {
      const { text, reached } = await run(["Kernel panic - not syncing"], { until: "member", timeout: "1m" });
      expect(reached).toBe(false);
      expect(text).toContain("member was not reached: the machine has switched itself off");
      expect(text).toContain("  | Kernel panic - not syncing");
    }),
  );

  it(
    "shows the console when asked, and gives programs all of it",
    world(async ({ run, notes }) => {
      await run(["one", "two"], { console: true });
      expect(notes).toEqual(["one", "two"]);
      expect(JSON.parse((await run(["one"], { json: true })).text)).toEqual({
        ended: true,
        milestones: {},
        console: ["one"],
      });
    }),
  );

  it(
    "gives the machine image and seed to read only, a folder as the ISO that cloud-init looks for",
    world(async ({ run, commands, folder, image }) => {
      const seed = join(folder, "seed");
      await mkdir(seed);
      await writeFile(join(seed, "meta-data"), "instance-id: i\n");
      await writeFile(join(seed, "user-data"), "#cloud-config\n");
      await run([], { seed });
      const argv: readonly string[] = commands[0]?.argv ?? [];
      const boundTo = (to: string): readonly string[] => argv.slice(argv.indexOf(to) - 2, argv.indexOf(to));
      expect(boundTo("/disk")).toEqual(["--ro-bind", image]);
      expect(boundTo("/seed")[0]).toBe("--ro-bind");
    }),
  );

  it(
    "makes of a folder a volume with the seed's files and no other",
    world(async ({ run, io, folder }) => {
      for (const name of ["meta-data", "user-data", "notes.txt"])
        await io.files.write(join(folder, "seed", name), name);
      let volume: ReturnType<typeof readIso9660>;
      await run([], { seed: join(folder, "seed") }, async ({ argv }) => {
        const words: readonly string[] = argv;
        volume = readIso9660(await readFile(words[words.indexOf("/seed") - 1] ?? ""));
      });
      expect(volume?.volume).toBe("CIDATA");
      expect(volume?.files.map(({ path }) => path)).toEqual(["meta-data", "user-data"]);
    }),
  );

  it(
    "takes what `kimg build` and `kimg render` have made by their folders",
    world(async ({ run, commands, folder, image }) => {
      const built = join(folder, "built");
      await mkdir(join(folder, "w1/nocloud"), { recursive: true });
      await writeFile(join(folder, "w1/nocloud.iso"), "");
      await mkdir(built);
      await writeFile(join(built, "a.qcow2"), await readFile(image));
      const artifacts = [
        { kind: "tar", path: "a.tar" },
        { kind: "qcow2", path: "a.qcow2" },
      ];
      await writeFile(join(built, "artifacts.json"), JSON.stringify({ artifacts }));
      await run([], { image: built, seed: join(folder, "w1") });
      expect(commands[0]?.argv).toContain(join(built, "a.qcow2"));
      expect(commands[0]?.argv).toContain(join(folder, "w1/nocloud.iso"));
    }),
  );

  it(
    "serves a seed for HTTP, and tells the machine where",
    world(async ({ run, commands, folder, io }) => {
      const seed = join(folder, "w1/nocloud-http");
      for (const name of ["meta-data", "user-data"]) await io.files.write(join(seed, name), name);
      await run([], { seed: join(folder, "w1") });
      const argv: readonly string[] = commands[0]?.argv ?? [];
      expect(argv.slice(argv.indexOf("/served") - 2, argv.indexOf("/served"))).toEqual(["--ro-bind", seed]);
      expect(argv).toContain("type=1,serial=ds=nocloud;dsmode=net;s=http://10.0.2.4/");
      expect(argv).not.toContain("/seed");
    }),
  );

  it.each([
    [{ until: "membr" }, /did you mean "member"/],
    [{ timeout: "soon" }, /--timeout soon/],
    [{ memory: "64M" }, /--memory 64M is too little/],
    [{ forward: ["22"] }, /--forward 22 is no pair/],
    [{ forward: ["70000:22"] }, /--forward 70000:22/],
  ])("refuses %j before it starts anything", (more, words) =>
    world(async ({ run, commands }) => {
      const error = await refusal(run([], more));
      expect(error).toBeInstanceOf(UsageError);
      expect(String(error)).toMatch(words);
      expect(commands).toEqual([]);
    })(),
  );

  it(
    "refuses what is no disk, and what is no seed",
    world(async ({ run, folder, image }) => {
      await writeFile(join(folder, "a.txt"), "text");
      expect(String(await refusal(run([], { image: join(folder, "a.txt") })))).toContain("holds no disk to boot");
      expect(String(await refusal(run([], { seed: image })))).toContain("is no seed");
    }),
  );
});
