import { describe, expect, it } from "vitest";
import type { Command } from "../edge/io.ts";
import { emulatorHost } from "../../tests/support/emulator-host.ts";
import { withScratch } from "../../tests/support/scratch.ts";
import { findAcceleration } from "./acceleration.ts";
import { boot } from "./boot.ts";
import { plainLine, watchConsole } from "./console.ts";

const machine = { disk: { path: "/images/a.qcow2", format: "qcow2" as const }, firmware: "bios" as const };

/** Says its lines, and then runs until it is ended. */
const running =
  (lines: readonly string[], commands: Command[] = []) =>
  (command: Command): Promise<string> =>
    new Promise((_resolve, reject) => {
      commands.push(command);
      command.ending?.signal.addEventListener("abort", () => reject(new Error("ended")));
      for (const line of lines) command.onLine?.(line);
    });

const milestones = { kernel: /Linux version/, there: /kimg: here/ };

const broken = (): Promise<string> => Promise.reject(new Error("no such disk"));

describe("a machine that is followed", () => {
  it("ends at once and without a word at a power cut", () =>
    withScratch(async ({ io }) => {
      const commands: Command[] = [];
      const qemu = running(["Linux version 6", "kimg: here"], commands);
      const followed = await boot(emulatorHost(io, qemu), machine, milestones, { until: "there", powerCut: true });
      expect(followed).toMatchObject({ reached: true, ended: false, console: ["Linux version 6", "kimg: here"] });
      expect(Object.keys(followed.milestones)).toEqual(["kernel", "there"]);
      expect(commands[0]?.ending?.by).toBe("SIGKILL");
    }));

  it("runs on for as long as another needs it", () =>
    withScratch(async ({ io }) => {
      let needed = true;
      const neededBy = new Promise<void>((resolve) => {
        setTimeout(() => {
          needed = false;
          resolve();
        }, 50);
      });
      await boot(emulatorHost(io, running(["kimg: here"])), machine, milestones, {
        until: "there",
        linger: 0,
        neededBy,
      });
      expect(needed).toBe(false);
    }));

  it("is given KVM's device when it is to run in it, and only then", () =>
    withScratch(async ({ io }) => {
      const commands: Command[] = [];
      const host = emulatorHost(io, async (command) => {
        commands.push(command);
        return "";
      });
      await boot(host, { ...machine, acceleration: "kvm" }, milestones, {});
      await boot(host, machine, milestones, {});
      const given = commands.map(({ argv }) => argv.join(" ").includes("--dev-bind /dev/kvm /dev/kvm"));
      expect(given).toEqual([true, false]);
    }));

  it("ends when its time is up, with what was seen by then", () =>
    withScratch(async ({ io }) => {
      const commands: Command[] = [];
      const qemu = running(["Linux version 6"], commands);
      const followed = await boot(emulatorHost(io, qemu), machine, milestones, { until: "there", seconds: 0.05 });
      expect(followed).toMatchObject({ reached: false, ended: false });
      expect(commands[0]?.ending?.by).toBe("SIGTERM");
    }));

  it("is given up when its processor has lost its timer, and not for one hiccup", () =>
    withScratch(async ({ io }) => {
      const stall = "rcu: rcu_preempt kthread timer wakeup didn't happen for 5244 jiffies! g-1111 f0x0";
      const lost = running(Array.from({ length: 5 }, () => stall));
      expect(await boot(emulatorHost(io, lost), machine, milestones, { until: "there" })).toMatchObject({
        ...{ reached: false, stalled: true },
      });
      const busy = running([stall, "kimg: here"]);
      const followed = await boot(emulatorHost(io, busy), machine, milestones, { until: "there", powerCut: true });
      expect(followed).toMatchObject({ reached: true, stalled: false });
    }));

  it("may switch itself off", () =>
    withScratch(async ({ io }) => {
      const followed = await boot(
        emulatorHost(io, async () => ""),
        machine,
        milestones,
        {},
      );
      expect(followed).toMatchObject({ reached: false, ended: true });
    }));

  it("has a failure of the emulator's told", () =>
    withScratch(async ({ io }) => {
      await expect(boot(emulatorHost(io, broken), machine, milestones, { until: "there" })).rejects.toThrow(
        "no such disk",
      );
    }));
});

describe("a console", () => {
  it.each([
    ["\u001B[1;32m[  OK  ]\u001B[0m Started it.\r", "[  OK  ] Started it."],
    ["\u001B[!p\u001B]104\u0007\u001B[?7h\u001B[6n\u001B[32766;32766H\u001B[6n\r\r", ""],
    ["\u001Bc\u001B(B\u001B[=3h\rlogin: \u001B8", "login:"],
  ])("%j is %j to a person", (line, plain) => {
    expect(plainLine(line)).toBe(plain);
  });

  it("is read without what a terminal acts on, and each milestone counts once", () => {
    let now = 0;
    const seen: string[] = [];
    const watch = watchConsole(
      milestones,
      { onMilestone: (name, seconds) => seen.push(`${name} ${seconds}`) },
      () => now,
    );
    now = 1_234;
    watch.seen("\u001B[0;32mLinux version\u001B[0m 6  ");
    watch.seen("Linux version 7");
    expect(watch.console).toEqual(["Linux version 6", "Linux version 7"]);
    expect(seen).toEqual(["kernel 1.2"]);
  });
});

describe("KVM", () => {
  const tree = { folder: "/tree", id: "", lock: [] };

  it("is taken when a machine has run in it", () =>
    withScratch(async ({ io }) => {
      const host = emulatorHost(io, async ({ argv }) => (argv[0] === "test" ? "" : "K\n"));
      expect(await findAcceleration(host, tree)).toEqual({ acceleration: "kvm", reason: "" });
    }));

  it("is not taken when it opens and no machine runs in it", () =>
    withScratch(async ({ io }) => {
      const host = emulatorHost(io, async () => "");
      expect(await findAcceleration(host, tree)).toMatchObject({
        acceleration: "emulation",
        reason: expect.stringContaining("no machine runs"),
      });
    }));

  it("is not asked where there is none", () =>
    withScratch(async ({ io }) => {
      const files = { ...io.files, status: async () => undefined };
      const host = { ...io, files, processes: { ...io.processes, run: () => Promise.reject(new Error("was asked")) } };
      expect(await findAcceleration(host, tree)).toMatchObject({ reason: expect.stringContaining("has no /dev/kvm") });
    }));
});
